/* The audio path, block by block.
 *
 * PCM is int16_t, mono, in the machine's byte order; lengths count samples unless they say bytes. Every
 * function works in the caller's memory, allocates nothing, keeps nothing outside the structures it is
 * given, and takes a time that depends on lengths alone.
 */
#pragma once
#include <stdint.h>

/* G.711: 64 kbit/s companding, one octet a sample. */

void ulaw_encode(const int16_t *pcm, int samples, uint8_t *octets);
void ulaw_decode(const uint8_t *octets, int samples, int16_t *pcm);
void alaw_encode(const int16_t *pcm, int samples, uint8_t *octets);
void alaw_decode(const uint8_t *octets, int samples, int16_t *pcm);

/* Level, gain and mixing. */

#define SILENCE_DBOV -127

double level(const int16_t *pcm, int samples);
void gain(int16_t *pcm, int samples, double from, double to);
void mix_add(int32_t *sum, const int16_t *pcm, int samples);
void mix_out(const int32_t *sum, const int16_t *without, int samples, int16_t *pcm);

/* Resampling by a whole factor (2, 3 or 6) with a linear-phase low-pass filter. */

#define RESAMPLER_TAPS 144
#define RESAMPLER_CHUNK 480

typedef struct {
    int factor;
    int rising;                                       /* whether the rate goes up */
    int taps;                                         /* of one output sample */
    int16_t filter[RESAMPLER_TAPS];                   /* Q14 (up: phase by phase) or Q15 (down), reversed */
    int16_t line[RESAMPLER_TAPS + RESAMPLER_CHUNK];   /* the last taps - 1 samples, then new ones */
} resampler;

int resampler_start(resampler *state, int from_rate, int to_rate);
int resample(resampler *state, const int16_t *in, int samples, int16_t *out);

/* Concealment of lost frames by repetition of the last pitch periods. */

#define CONCEALER_HISTORY 800

typedef struct {
    int rate;
    int lag;                                /* the pitch period being repeated; 0 while nothing is lost */
    int periods;                            /* repeated in this turn */
    int cursor;                             /* where in this turn */
    int made;                               /* samples since the loss began */
    int seam;                               /* samples left of the ramp that bridges a turn's start */
    int step;                               /* what that ramp bridges */
    int16_t last;                           /* sample made last, before the fade */
    int16_t history[CONCEALER_HISTORY];     /* what was played before the loss, newest last */
} concealer;

void concealer_start(concealer *state, int rate);
void conceal(concealer *state, int samples, int16_t *out);
void concealer_heard(concealer *state, int16_t *pcm, int samples);

/* Shortening and lengthening speech by one pitch period. */

int accelerate(const int16_t *in, int samples, int rate, int16_t *out);
int expand(const int16_t *in, int samples, int rate, int16_t *out);

/* libopus (RFC 6716), loaded and not linked: what a telephone needs of it, and where that is. NULL if the
 * library or the function is missing. */

typedef void *opus_encoder_create_function(int32_t rate, int channels, int application, int *error);
typedef int opus_encoder_ctl_function(void *encoder, int request, ...);
typedef int32_t opus_encode_function(
    void *encoder, const int16_t *pcm, int samples, uint8_t *octets, int32_t room);
typedef void opus_encoder_destroy_function(void *encoder);
typedef void *opus_decoder_create_function(int32_t rate, int channels, int *error);
typedef int opus_decode_function(
    void *decoder, const uint8_t *octets, int32_t length, int16_t *pcm, int room, int fec);
typedef void opus_decoder_destroy_function(void *decoder);

void *load_function(const char *library, const char *name);
