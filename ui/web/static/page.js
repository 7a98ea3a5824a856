// Shows the telephone as its server tells, and tells the server what a person presses. Nothing else is decided here.
"use strict";

const RETRY_MS = 500;
const TOO_MANY = 1013; // the close code when no more pages are served
const TAP_MS = 130; // how long a key looks pressed when the keyboard presses it
const REFUSAL_MS = 5000;
const VOLUME_STEPS = 10;
const REPEATING = new Set(["volume_up", "volume_down", "up", "down", "back"]);

const SHORTCUTS = {
  "*": "star", "#": "hash",
  Enter: "soft1", F1: "soft1", F2: "soft2", F3: "soft3", F4: "soft4", Escape: "soft4",
  ArrowUp: "up", ArrowDown: "down", ArrowRight: "ok", ArrowLeft: "back", Backspace: "back",
  m: "mute", s: "speaker", o: "hold", r: "redial", "+": "volume_up", "=": "volume_up", "-": "volume_down",
};
for (const digit of "0123456789") SHORTCUTS[digit] = digit;

const find = (id) => document.getElementById(id);
const keys = new Map([...document.querySelectorAll("[data-key]")].map((key) => [key.dataset.key, key]));
const hook = find("hook");

let socket = null;
let snapshot = null;
let clockAhead = 0; // seconds that the telephone's clock is ahead of this page's
let refusal = "";

// ---- the link

function connect() {
  socket = new WebSocket(`ws://${location.host}/phone`);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => (typeof data === "string" ? receive(JSON.parse(data)) : paint(data));
  socket.onclose = ({ code }) => {
    lose(code === TOO_MANY ? "Too many pages show this telephone; close one of them."
      : "The page's server does not answer. If it was started again, open the address that it prints.");
    setTimeout(connect, RETRY_MS);
  };
}

function send(message) {
  if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function receive(message) {
  if ("lost" in message) return lose(message.lost);
  if ("refused" in message) return refuse(message.refused);
  snapshot = message.snapshot;
  clockAhead = message.now - performance.now() / 1000;
  document.body.dataset.link = "up";
  find("trouble").hidden = true;
  show();
}

function lose(words) {
  snapshot = null;
  document.body.dataset.link = "down";
  tell(words);
  show();
}

function refuse(words) {
  refusal = words;
  tell(words);
  setTimeout(() => {
    if (refusal === words && document.body.dataset.link === "up") find("trouble").hidden = true;
  }, REFUSAL_MS);
}

function tell(words) {
  write("trouble", words);
  find("trouble").hidden = false;
}

// ---- the display

const canvas = find("display");
const pen = canvas.getContext("2d");
let picture = null;

function paint(data) {
  const head = new DataView(data);
  picture = {
    colour: head.getUint8(0) === 3, width: head.getUint16(1), height: head.getUint16(3), pixels: new Uint8Array(data, 5),
  };
  document.body.dataset.display = picture.colour ? "colour" : "mono";
  draw();
}

/** Whole device pixels for each of the display's, so that nothing blurs. */
function scale() {
  const { width } = picture;
  const glass = canvas.parentElement;
  const style = getComputedStyle(glass);
  const room = glass.parentElement.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const ratio = window.devicePixelRatio || 1;
  const most = Math.min(room, width <= 132 ? 512 : 640);
  return { ratio, times: Math.max(1, Math.floor((most * ratio) / width)) };
}

function draw() {
  if (!picture) return;
  const { ratio, times } = scale();
  canvas.width = picture.width * times;
  canvas.height = picture.height * times;
  const width = `${canvas.width / ratio}px`;
  canvas.style.width = width;
  canvas.style.height = `${canvas.height / ratio}px`;
  document.documentElement.style.setProperty("--display", width);
  if (picture.colour) drawColour();
  else drawDots(times);
}

/** Each lit pixel is a dark dot in a paler square: the grain of a liquid crystal display, still easy to read. */
function drawDots(times) {
  const gap = times < 4 ? 0 : Math.max(1, Math.round(times / 10));
  pen.fillStyle = getComputedStyle(canvas).color;
  pen.globalAlpha = 0.6;
  fillLit(times, times);
  pen.globalAlpha = 1;
  fillLit(times, times - gap);
}

function fillLit(times, dot) {
  const { width, height, pixels } = picture;
  const row = (width + 7) >> 3;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (pixels[y * row + (x >> 3)] & (0x80 >> (x & 7))) pen.fillRect(x * times, y * times, dot, dot);
    }
  }
}

function drawColour() {
  const { width, height, pixels } = picture;
  const image = new ImageData(width, height);
  for (let from = 0, to = 0; to < image.data.length; from += 3, to += 4) {
    image.data[to] = pixels[from];
    image.data[to + 1] = pixels[from + 1];
    image.data[to + 2] = pixels[from + 2];
    image.data[to + 3] = 255;
  }
  const small = new OffscreenCanvas(width, height);
  small.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, canvas.width, canvas.height);
}

// ---- lamps, handset, words

const LAMP_NAMES = { line: "Line", message: "Message", mute: "Mute", speaker: "Speaker" };
const LAMP_WORDS = { off: "off", on: "on", slow: "blinking slowly", fast: "blinking fast" };

function show() {
  for (const lamp of document.querySelectorAll("[data-lamp]")) {
    const pattern = snapshot?.lamps[lamp.dataset.lamp] ?? "off";
    lamp.dataset.pattern = pattern;
    lamp.setAttribute("aria-label", `${LAMP_NAMES[lamp.dataset.lamp]} lamp ${LAMP_WORDS[pattern]}`);
  }
  const lifted = snapshot?.hook === "off";
  hook.setAttribute("aria-pressed", lifted);
  hook.setAttribute("aria-label", lifted ? "Handset, lifted: put it down" : "Handset, put down: lift it");
  hook.querySelector(".deed").textContent = lifted ? "Put down" : "Lift";
  showWords();
}

function showWords() {
  const call = chosenCall();
  const louder = heardOutput();
  const volume = snapshot?.volumes[louder];
  write("call", snapshot ? callWords(call) : "The telephone does not answer.");
  write("privacy", privacyWords(call));
  write("quality", call?.quality ? qualityWords(call) : call?.codec || "–");
  write("line", snapshot ? snapshot.lines.map(lineWords).join("\n") || "No line is set up." : "–");
  write("sound", snapshot ? soundWords(snapshot) : "–");
  write("volume", volume === undefined ? "–" : `${sentence(louder)} ${volume} of ${VOLUME_STEPS}`);
  write("note", snapshot?.notes.at(-1)?.words ?? "–");
  find("steps").dataset.level = volume ?? 0;
  for (const [index, step] of [...find("steps").children].entries()) step.classList.toggle("lit", index < volume);
  document.body.dataset.privacy = isTalking(call) ? call.privacy : "none yet";
  document.title = call ? `${call.name || call.number} · offhook` : "offhook";
}

/** Only what differs is written, so that a screen reader is not told twice. */
function write(id, words) {
  if (find(id).textContent !== words) find(id).textContent = words;
}

function sentence(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function chosenCall() {
  return snapshot?.calls.find((call) => call.id === snapshot.selected) ?? snapshot?.calls[0];
}

function isTalking(call) {
  return call !== undefined && (call.phase === "active" || call.phase === "held");
}

function heardOutput() {
  if (snapshot?.speaker) return "speaker";
  return snapshot?.hook === "off" ? "handset" : "ringer";
}

function callWords(call) {
  if (!call) {
    if (snapshot.entry) return `Dialling ${snapshot.entry}`;
    if (snapshot.collecting) return "Ready to dial";
    return snapshot.hook === "off" ? "The handset is lifted." : "Idle";
  }
  const peer = call.name && call.name !== call.number ? `${call.name}, ${call.number}` : call.number;
  const others = snapshot.calls.length > 1 ? `, one of ${snapshot.calls.length} calls` : "";
  return {
    calling: `Calling ${peer}`,
    ringing: `Ringing at ${peer}`,
    incoming: `${peer} is calling`,
    active: `In call with ${peer}${call.held_by_peer ? ", on hold by the other side" : ""}${snapshot.muted ? ", muted" : ""}`,
    held: `${peer} is on hold`,
    ended: `Call with ${peer} ended${reason(call)}`,
    failed: `Call to ${peer} failed${reason(call)}`,
  }[call.phase] + others;
}

function reason(call) {
  return call.words ? `: ${call.words}` : "";
}

function privacyWords(call) {
  if (!call) return "–";
  return call.privacy_words || sentence(call.privacy);
}

function qualityWords({ codec, quality }) {
  const mos = quality.mos === null ? [] : [`${quality.mos.toFixed(1)} of 5`];
  return [sentence(quality.words), ...mos, codec].filter(Boolean).join(" · ");
}

function lineWords(line) {
  const name = line.name || line.address.replace(/^sips?:/, "");
  const words = line.words || (line.transport ? `over ${line.transport.toUpperCase()}` : "");
  const state = line.registration === "off" ? "" : line.registration;
  return [name, [state, words].filter(Boolean).join(", ")].filter(Boolean).join(": ");
}

function soundWords({ sound, voice }) {
  if (sound.words) return sound.words;
  if (voice === "down") return "The voice process is not running; it will be started again.";
  const card = [sound.driver, sound.name].filter(Boolean).join(" ");
  return { closed: "Sound card at rest", running: "Sound card in use", reopening: "Sound card is being opened again",
           failed: "Sound card failed" }[sound.state] + (card ? ` (${card})` : "");
}

/** How long the call has lasted, beside its name. */
function tick() {
  const call = chosenCall();
  const since = call?.phase === "held" ? call.held_at : call?.phase === "active" ? call.connected_at : null;
  const seconds = since == null ? -1 : Math.max(0, Math.floor(performance.now() / 1000 + clockAhead - since));
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  find("call").dataset.time = seconds < 0 ? "" : time;
}

// ---- fingers

function press(name) {
  send({ key: name });
}

function moveHandset() {
  if (snapshot) send({ hook: snapshot.hook === "off" ? "down" : "up" });
}

function tap(button) {
  button.classList.add("pressed");
  setTimeout(() => button.classList.remove("pressed"), TAP_MS);
}

for (const [name, key] of keys) key.addEventListener("click", () => press(name));
hook.addEventListener("click", moveHandset);

// A mouse or a finger leaves the keyboard with the telephone: Enter shall not press the last key again.
for (const button of document.querySelectorAll("button")) {
  button.addEventListener("mousedown", (event) => event.preventDefault());
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const focus = document.activeElement;
  if ((name === "Enter" || name === " ") && focus instanceof HTMLElement && focus.matches("button, summary")) return;
  if (name === "h") {
    event.preventDefault();
    if (!event.repeat) moveHandset();
    return;
  }
  const key = SHORTCUTS[name];
  if (!key) return;
  event.preventDefault();
  if (event.repeat && !REPEATING.has(key)) return;
  press(key);
  tap(keys.get(key));
});

// ---- start

for (let step = 0; step < VOLUME_STEPS; step++) find("steps").append(document.createElement("i"));
new ResizeObserver(draw).observe(canvas.parentElement.parentElement);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
setInterval(tick, 250);
connect();
