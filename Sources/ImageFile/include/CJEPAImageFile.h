#ifndef CJEPA_IMAGE_FILE_H
#define CJEPA_IMAGE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* JPEG through libjpeg and PNG through libpng. Their errors arrive by longjmp, which Swift cannot receive:
   here they become a return value and a line of text. No function keeps a global; each call is
   thread-safe. */

typedef struct cjepa_jpeg_reader cjepa_jpeg_reader;

/* The longest reason that is written, with its terminating zero. */
#define CJEPA_REASON_SIZE 256

/* Reads the header. `bytes` must outlive the reader. NULL on failure, with the reason. */
cjepa_jpeg_reader *cjepa_jpeg_open(const uint8_t *bytes, size_t count, char *reason);
int64_t cjepa_jpeg_width(const cjepa_jpeg_reader *reader);
int64_t cjepa_jpeg_height(const cjepa_jpeg_reader *reader);
/* The most pixels that a byte of such a file can stand for. */
int64_t cjepa_jpeg_pixels_per_byte(const cjepa_jpeg_reader *reader);

/* 0, or -1 with a reason where the coefficients that all scans are collected in would need far more memory
   than a file of `count` bytes accounts for. Nothing has been allocated for them yet. */
int cjepa_jpeg_check_memory(cjepa_jpeg_reader *reader, size_t count, char *reason);
/* Decodes into height * width * 3 bytes of RGB. 0 on success, -1 with the reason otherwise; a
   warning that says that the data are damaged is a failure. */
int cjepa_jpeg_read(cjepa_jpeg_reader *reader, uint8_t *rgb, char *reason);
/* Defects that libjpeg warns of and that leave every pixel intact, as a set of these bits. */
#define CJEPA_JPEG_JFIF_VERSION 1u
#define CJEPA_JPEG_ADOBE_TRANSFORM 2u
#define CJEPA_JPEG_STRAY_BYTES 4u
#define CJEPA_JPEG_SCAN_PARAMETERS 8u
uint32_t cjepa_jpeg_defects(const cjepa_jpeg_reader *reader);
void cjepa_jpeg_close(cjepa_jpeg_reader *reader);

typedef struct cjepa_png_reader cjepa_png_reader;

/* Reads the header. `bytes` must outlive the reader. NULL on failure, with the reason. */
cjepa_png_reader *cjepa_png_open(const uint8_t *bytes, size_t count, char *reason);
int64_t cjepa_png_width(const cjepa_png_reader *reader);
int64_t cjepa_png_height(const cjepa_png_reader *reader);
/* Decodes the stored values into height * width * 3 bytes of RGB: no chunk about colors is applied, 16 bits
   become their upper 8, and alpha is dropped. 0 on success, -1 with the reason otherwise. */
int cjepa_png_read(cjepa_png_reader *reader, uint8_t *rgb, char *reason);
void cjepa_png_close(cjepa_png_reader *reader);

/* Encodes; colour has one sample for `chroma_step` × `chroma_step` pixels, 1 or 2. `*bytes` is to be released with free(). 0 on success, -1 with the reason otherwise. */
int cjepa_jpeg_write(const uint8_t *rgb, int32_t width, int32_t height, int32_t quality,
                     int32_t chroma_step, uint8_t **bytes, size_t *count, char *reason);

/* Separable resampling of interleaved RGB with weights in 1 / 2^22. Output position o is the sum
   over t < counts[o] of weights[o * taps + t] times input position firsts[o] + t, rounded, clamped
   to 0 ... 255. Strides are in bytes. */
void cjepa_resample_rows(const uint8_t *input, ptrdiff_t input_stride, uint8_t *output,
                         ptrdiff_t output_stride, int32_t rows, int32_t output_width,
                         const int32_t *firsts, const int32_t *counts, const int32_t *weights,
                         int32_t taps);
void cjepa_resample_columns(const uint8_t *input, ptrdiff_t input_stride, uint8_t *output,
                            ptrdiff_t output_stride, int32_t row_bytes, int32_t output_height,
                            const int32_t *firsts, const int32_t *counts, const int32_t *weights,
                            int32_t taps);

/* Interleaved 8-bit RGB [count, 3] to planes [3, count], each value looked up in
   table [3, 256]. */
void cjepa_planes_from_pixels(const uint8_t *pixels, size_t count, const float *table,
                              float *planes);

/* One box blur along the columns of rows of bytes: each output is whole times the sum of the
   2 radius + 1 inputs around it plus fraction times the two beyond, in 1 / 2^24. Edges continue
   outside. `sums` has room for row_bytes numbers. */
void cjepa_box_blur_columns(const uint8_t *input, uint8_t *output, int32_t row_bytes, int32_t rows,
                            int32_t radius, uint32_t whole, uint32_t fraction, uint32_t *sums);
/* RGB [height, width, 3] to [width, height, 3]. */
void cjepa_transpose_pixels(const uint8_t *input, uint8_t *output, int32_t height, int32_t width);

/* Colours, interleaved RGB, in place; `count` counts pixels. A blend goes from one value (factor 0)
   to the pixel's own (factor 1) and beyond, clamped. */
uint8_t cjepa_luma(uint8_t red, uint8_t green, uint8_t blue);
uint64_t cjepa_luma_sum(const uint8_t *pixels, size_t count);
void cjepa_grayscale(uint8_t *pixels, size_t count);
void cjepa_blend_from_value(uint8_t *pixels, size_t count, uint8_t value, float factor);
void cjepa_blend_from_luma(uint8_t *pixels, size_t count, float factor);
/* Adds `step` to the hue, of which 255 make a full turn, modulo 256. */
void cjepa_shift_hue(uint8_t *pixels, size_t count, uint8_t step);

#endif
