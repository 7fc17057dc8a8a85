#include "CJEPAImageFile.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

struct cjepa_png_reader {
  png_structp png;
  png_infop info;
  const uint8_t *next;
  size_t left;
  uint8_t **rows; /* of an interlaced image */
  char reason[CJEPA_REASON_SIZE];
};

static void fail(png_structp png, png_const_charp text) {
  cjepa_png_reader *reader = png_get_error_ptr(png);
  snprintf(reader->reason, sizeof reader->reason, "%s", text);
  png_longjmp(png, 1);
}

/* libpng warns of chunks beside the image, and repairs or drops them; pixels do not depend on them. */
static void ignore(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void copy_bytes(png_structp png, png_bytep target, png_size_t count) {
  cjepa_png_reader *reader = png_get_io_ptr(png);
  if (count > reader->left) png_error(png, "the file ends too early");
  memcpy(target, reader->next, count);
  reader->next += count;
  reader->left -= count;
}

cjepa_png_reader *cjepa_png_open(const uint8_t *bytes, size_t count, char *reason) {
  cjepa_png_reader *reader = calloc(1, sizeof *reader);
  if (!reader) {
    snprintf(reason, CJEPA_REASON_SIZE, "out of memory");
    return NULL;
  }
  reader->next = bytes;
  reader->left = count;
  reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, fail, ignore);
  if (reader->png) reader->info = png_create_info_struct(reader->png);
  if (!reader->info) {
    snprintf(reason, CJEPA_REASON_SIZE, "libpng cannot be set up");
    cjepa_png_close(reader);
    return NULL;
  }
  if (setjmp(png_jmpbuf(reader->png))) {
    snprintf(reason, CJEPA_REASON_SIZE, "%s", reader->reason);
    cjepa_png_close(reader);
    return NULL;
  }
  png_set_benign_errors(reader->png, 1);
  /* Some writers claim a smaller window than they use. */
  png_set_option(reader->png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
  png_set_read_fn(reader->png, reader, copy_bytes);
  png_read_info(reader->png, reader->info);
  return reader;
}

int64_t cjepa_png_width(const cjepa_png_reader *reader) {
  return png_get_image_width(reader->png, reader->info);
}

int64_t cjepa_png_height(const cjepa_png_reader *reader) {
  return png_get_image_height(reader->png, reader->info);
}

int cjepa_png_read(cjepa_png_reader *reader, uint8_t *rgb, char *reason) {
  png_structp png = reader->png;
  if (setjmp(png_jmpbuf(png))) {
    snprintf(reason, CJEPA_REASON_SIZE, "%s", reader->reason);
    return -1;
  }
  size_t width = png_get_image_width(png, reader->info);
  size_t height = png_get_image_height(png, reader->info);
  png_byte type = png_get_color_type(png, reader->info);
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  if (!(type & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, reader->info);
  if (png_get_rowbytes(png, reader->info) != 3 * width) png_error(png, "its rows do not become RGB");
  if (passes == 1) {
    for (size_t y = 0; y < height; y++) png_read_row(png, rgb + 3 * width * y, NULL);
    return 0;
  }
  reader->rows = malloc(height * sizeof *reader->rows);
  if (!reader->rows) png_error(png, "out of memory");
  for (size_t y = 0; y < height; y++) reader->rows[y] = rgb + 3 * width * y;
  png_read_image(png, reader->rows);
  return 0;
}

void cjepa_png_close(cjepa_png_reader *reader) {
  if (!reader) return;
  png_destroy_read_struct(&reader->png, &reader->info, NULL);
  free(reader->rows);
  free(reader);
}
