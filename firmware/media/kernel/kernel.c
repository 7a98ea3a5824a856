#include "kernel.h"

#include <dlfcn.h>
#include <math.h>
#include <string.h>

static int16_t clip(int32_t value)
{
    return value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : (int16_t)value;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* G.711 (ITU-T Rec. G.711, tables 1a to 2b), computed rather than looked up: a segment is the place of the
 * highest bit of the magnitude, the four bits below it are the step. Negative samples are mirrored by ~, as in
 * ITU-T's own software (G.191), so that a sample on a decision value goes outwards or inwards by its sign. */

#define ULAW_BIAS 132       /* 33 quarter steps: makes every segment start at a power of two */
#define ULAW_CLIP 32635
#define ALAW_INVERT 0x55    /* even bits are inverted on the line */

static int highest_bit(uint32_t value)
{
    return 31 - __builtin_clz(value | 1);
}

void ulaw_encode(const int16_t *pcm, int samples, uint8_t *octets)
{
    for (int i = 0; i < samples; i++) {
        int sign = pcm[i] < 0 ? 0x80 : 0;
        int magnitude = least(sign ? ~pcm[i] : pcm[i], ULAW_CLIP) + ULAW_BIAS;
        int segment = highest_bit(magnitude) - 7;
        octets[i] = ~(sign | segment << 4 | (magnitude >> (segment + 3) & 15));
    }
}

void ulaw_decode(const uint8_t *octets, int samples, int16_t *pcm)
{
    for (int i = 0; i < samples; i++) {
        int code = ~octets[i];
        int magnitude = ((code & 15) * 8 + ULAW_BIAS << (code >> 4 & 7)) - ULAW_BIAS;
        pcm[i] = code & 0x80 ? -magnitude : magnitude;
    }
}

void alaw_encode(const int16_t *pcm, int samples, uint8_t *octets)
{
    for (int i = 0; i < samples; i++) {
        int sign = pcm[i] < 0 ? 0 : 0x80;
        int magnitude = sign ? pcm[i] : ~pcm[i];
        int segment = magnitude < 256 ? 0 : highest_bit(magnitude) - 7;
        int step = magnitude >> (segment ? segment + 3 : 4) & 15;
        octets[i] = (sign | segment << 4 | step) ^ ALAW_INVERT;
    }
}

void alaw_decode(const uint8_t *octets, int samples, int16_t *pcm)
{
    for (int i = 0; i < samples; i++) {
        int code = octets[i] ^ ALAW_INVERT;
        int segment = code >> 4 & 7;
        int magnitude = (code & 15) * 16 + 8;
        if (segment)
            magnitude = magnitude + 256 << (segment - 1);
        pcm[i] = code & 0x80 ? magnitude : -magnitude;
    }
}

/* The power of a block in dBov (RFC 6464): 0 is a full-scale square wave, a full-scale sine is -3. */
double level(const int16_t *pcm, int samples)
{
    double energy = 0;
    for (int i = 0; i < samples; i++)
        energy += pcm[i] * pcm[i];
    if (energy == 0)
        return SILENCE_DBOV;
    return 10 * log10(energy / samples / (32767.0 * 32767.0));
}

/* Multiplies by a gain that moves evenly from one value to another, so that a change makes no click. */
void gain(int16_t *pcm, int samples, double from, double to)
{
    double slope = (to - from) / samples;
    for (int i = 0; i < samples; i++) {
        double value = pcm[i] * (from + slope * i);
        pcm[i] = value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : (int16_t)value;
    }
}

void mix_add(int32_t *sum, const int16_t *pcm, int samples)
{
    for (int i = 0; i < samples; i++)
        sum[i] += pcm[i];
}

/* The sum as PCM, saturated; `without` (or null) is taken out first: who spoke it does not hear it. */
void mix_out(const int32_t *sum, const int16_t *without, int samples, int16_t *pcm)
{
    if (without)
        for (int i = 0; i < samples; i++)
            pcm[i] = clip(sum[i] - without[i]);
    else
        for (int i = 0; i < samples; i++)
            pcm[i] = clip(sum[i]);
}

/* Resampling. The prototype is a sinc of the lower rate's bandwidth under a Kaiser window; one tap of its
 * whole number of periods is left zero, so that it delays by a whole number of samples of the higher rate. */

#define KAISER_BETA 6.0     /* 63 dB of stop-band attenuation */

static double bessel_i0(double x)
{
    double sum = 1, term = 1;
    for (int k = 1; k < 32; k++) {
        term *= x / (2 * k) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

static double prototype(int tap, int length, int factor)
{
    double centre = length / 2 - 1, x = (tap - centre) / factor, across = (tap - centre) / (centre + 1);
    if (tap == length - 1)
        return 0;
    double sinc = x == 0 ? 1 : sin(M_PI * x) / (M_PI * x);
    return sinc * bessel_i0(KAISER_BETA * sqrt(1 - across * across)) / bessel_i0(KAISER_BETA);
}

/* Returns the group delay in samples of the higher rate, or -1 for a pair of rates it cannot convert. */
int resampler_start(resampler *state, int from_rate, int to_rate)
{
    int rising = to_rate > from_rate;
    int high = rising ? to_rate : from_rate, low = rising ? from_rate : to_rate;
    if (low <= 0 || high % low)
        return -1;
    int factor = high / low, length = factor == 6 ? 144 : factor == 3 ? 96 : factor == 2 ? 48 : 0;
    if (!length)
        return -1;
    memset(state, 0, sizeof *state);
    state->factor = factor;
    state->rising = rising;
    state->taps = rising ? length / factor : length;
    for (int tap = 0; tap < length; tap++) {
        double value = prototype(tap, length, factor);
        if (rising)
            state->filter[tap % factor * state->taps + state->taps - 1 - tap / factor] = lrint(value * 16384);
        else
            state->filter[length - 1 - tap] = lrint(value * 32768 / factor);
    }
    return rising ? length / 2 - 1 : length / 2 - factor;
}

static int32_t convolve(const int16_t *filter, const int16_t *line, int taps)
{
    int32_t sum = 0;
    for (int i = 0; i < taps; i++)
        sum += filter[i] * line[i];
    return sum;
}

static int resample_chunk(resampler *state, int samples, int16_t *out)
{
    int made = 0;
    if (state->rising)
        for (int i = 0; i < samples; i++)
            for (int phase = 0; phase < state->factor; phase++) {
                const int16_t *filter = state->filter + phase * state->taps;
                out[made++] = clip((convolve(filter, state->line + i, state->taps) + (1 << 13)) >> 14);
            }
    else
        for (int i = state->factor - 1; i < samples; i += state->factor)
            out[made++] = clip((convolve(state->filter, state->line + i, state->taps) + (1 << 14)) >> 15);
    return made;
}

/* `samples` is a multiple of the factor when the rate goes down. Returns how many samples `out` received. */
int resample(resampler *state, const int16_t *in, int samples, int16_t *out)
{
    int kept = state->taps - 1, made = 0;
    for (int done = 0, chunk; done < samples; done += chunk) {
        chunk = least(samples - done, RESAMPLER_CHUNK);
        memcpy(state->line + kept, in + done, chunk * sizeof *in);
        made += resample_chunk(state, chunk, out + made);
        memmove(state->line, state->line + chunk, kept * sizeof *in);
    }
    return made;
}

/* Pitch. Voices lie between 66 and 400 Hz. */

static int longest_lag(int rate)
{
    return rate * 15 / 1000;
}

static int shortest_lag(int rate)
{
    return rate / 400;
}

static double product(const int16_t *a, const int16_t *b, int samples)
{
    int64_t sum = 0;
    for (int i = 0; i < samples; i++)
        sum += a[i] * b[i];
    return (double)sum;
}

/* How alike two segments are: 1 for the same wave at any loudness, 0 for strangers; silence is like silence. */
static double likeness(const int16_t *a, const int16_t *b, int samples)
{
    double energies = product(a, a, samples) * product(b, b, samples);
    return energies > 0 ? product(a, b, samples) / sqrt(energies) : 1;
}

/* Concealment. A lost frame is the last pitch period over again, then the last two, then the last three (one
 * alone would buzz), at full loudness for 10 ms and faded away by 60 ms. Nothing is delayed for it: the step
 * where a turn begins is bridged by a ramp, and what is heard next is cross-faded in. */

#define UNVOICED 0.4        /* likeness below which there is no pitch to repeat */

void concealer_start(concealer *state, int rate)
{
    memset(state, 0, sizeof *state);
    state->rate = rate;
}

static void begin_turn(concealer *state)
{
    const int16_t *end = state->history + CONCEALER_HISTORY;
    state->periods = least(state->periods + 1, 3);
    state->cursor = 0;
    state->seam = state->lag / 4;
    state->step = state->last - end[-state->periods * state->lag - 1];
}

static void begin_loss(concealer *state)
{
    const int16_t *end = state->history + CONCEALER_HISTORY;
    int longest = longest_lag(state->rate), window = state->rate / 50;
    double best = UNVOICED;
    state->lag = longest;
    for (int lag = shortest_lag(state->rate); lag <= longest; lag++) {
        double found = likeness(end - window, end - window - lag, window);
        if (found > best) {
            best = found;
            state->lag = lag;
        }
    }
    state->last = end[-1];
    state->periods = state->made = 0;
    begin_turn(state);
}

static int16_t next_period_sample(concealer *state)
{
    if (state->cursor == state->periods * state->lag)
        begin_turn(state);
    int32_t value = state->history[CONCEALER_HISTORY - state->periods * state->lag + state->cursor++];
    if (state->seam > 0)
        value += state->step * state->seam-- / (state->lag / 4 + 1);
    return state->last = clip(value);
}

static int16_t next_concealed_sample(concealer *state)
{
    int held = state->rate / 100, gone = state->rate * 6 / 100, made = state->made++;
    int32_t value = made < gone ? next_period_sample(state) : 0;
    return made < held ? value : value * (gone - least(made, gone)) / (gone - held);
}

void conceal(concealer *state, int samples, int16_t *out)
{
    if (!state->lag)
        begin_loss(state);
    for (int i = 0; i < samples; i++)
        out[i] = next_concealed_sample(state);
}

/* Keeps what is played; after a loss the frame's first 5 ms are cross-faded with what would have been made. */
void concealer_heard(concealer *state, int16_t *pcm, int samples)
{
    if (state->lag) {
        int fade = least(samples, state->rate / 200);
        for (int i = 0; i < fade; i++)
            pcm[i] = (next_concealed_sample(state) * (fade - i) + pcm[i] * i) / fade;
        state->lag = 0;
    }
    int kept = CONCEALER_HISTORY - least(samples, CONCEALER_HISTORY), fresh = CONCEALER_HISTORY - kept;
    memmove(state->history, state->history + fresh, kept * sizeof *pcm);
    memcpy(state->history + kept, pcm + samples - fresh, fresh * sizeof *pcm);
}

/* Time scale. The first period that the second resembles is left out or said twice. */

#define ALIKE 0.7           /* likeness from which leaving out a period is not heard */
#define QUIET -50           /* dBov, below which anything may be left out */

static int repeated_period(const int16_t *in, int samples, int rate)
{
    int longest = least(longest_lag(rate), samples / 2), chosen = 0;
    double best = ALIKE;
    if (level(in, samples) < QUIET)
        return longest;
    for (int lag = shortest_lag(rate); lag <= longest; lag++) {
        double found = likeness(in, in + lag, lag);
        if (found > best) {
            best = found;
            chosen = lag;
        }
    }
    return chosen;
}

static void cross_fade(const int16_t *from, const int16_t *to, int samples, int16_t *out)
{
    for (int i = 0; i < samples; i++)
        out[i] = (from[i] * (samples - i) + to[i] * i) / samples;
}

/* Both return how many samples `out` received: `samples` if no period could be told. `out` has room for
 * `samples`, and for half as many more when expanding. */
int accelerate(const int16_t *in, int samples, int rate, int16_t *out)
{
    int lag = repeated_period(in, samples, rate);
    cross_fade(in, in + lag, lag, out);
    memcpy(out + lag, in + 2 * lag, (samples - 2 * lag) * sizeof *in);
    return samples - lag;
}

int expand(const int16_t *in, int samples, int rate, int16_t *out)
{
    int lag = repeated_period(in, samples, rate);
    memcpy(out, in, lag * sizeof *in);
    cross_fade(in + lag, in, lag, out + lag);
    memcpy(out + 2 * lag, in + lag, (samples - lag) * sizeof *in);
    return samples + lag;
}

void *load_function(const char *library, const char *name)
{
    void *handle = dlopen(library, RTLD_NOW);
    return handle ? dlsym(handle, name) : NULL;
}
