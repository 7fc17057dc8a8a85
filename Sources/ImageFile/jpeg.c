#include "CJEPAImageFile.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
/* After jpeglib.h, on which it depends. */
#include <jerror.h>

/* A progressive file may hold any number of scans over the same pixels, each nearly as expensive as a
   whole image and only a few bytes long. Real encoders write about ten. */
#define MAXIMUM_SCANS 100

/* Blocks of 64 coefficients that all scans together may visit. The ten scans of libjpeg's own script
   visit 39 million in the largest image that is read, three components at full resolution. */
#define MAXIMUM_BLOCK_VISITS (64ll << 20)

/* Coefficients of all scans are kept until the last: 128 bytes a block. More than the first number of
   bytes is allowed only where the file has a byte for every 64 of them, as photographs do. */
#define FREE_COEFFICIENT_BYTES (256ll << 20)
#define COEFFICIENT_BYTES_PER_BYTE 64

typedef struct {
  struct jpeg_error_mgr base; /* first, so that libjpeg's pointer is ours */
  jmp_buf escape;
  char reason[JMSG_LENGTH_MAX];
  const uint8_t *start; /* the file's first byte */
  uint32_t defects;     /* a set of CJEPA_JPEG_… */
} error_state;

struct cjepa_jpeg_reader {
  struct jpeg_decompress_struct info;
  struct jpeg_progress_mgr progress;
  error_state error;
  int scan;               /* the last scan that was counted */
  int64_t block_visits;   /* by the scans so far */
};

static void fail(j_common_ptr info) {
  error_state *error = (error_state *)info->err;
  info->err->format_message(info, error->reason);
  longjmp(error->escape, 1);
}

/* The most zeros between the end of a scan and the next marker that count as padding. */
#define MAXIMUM_PADDING 64

/* Bytes that belong to no marker. Before the first scan nothing has been decoded, so they change no pixel.
   After a scan they may be what a decoder that lost its way left over; only a few zeros before a marker
   other than a restart are padding. */
static int stray_bytes_are_harmless(j_common_ptr info) {
  if (!info->is_decompressor) return 0;
  j_decompress_ptr decoder = (j_decompress_ptr)info;
  if (decoder->input_scan_number == 0) return 1;
  int count = info->err->msg_parm.i[0], marker = info->err->msg_parm.i[1];
  if (marker >= 0xD0 && marker <= 0xD7) return 0;
  const uint8_t *end = decoder->src->next_input_byte;
  if (count > MAXIMUM_PADDING || end - ((error_state *)info->err)->start < count) return 0;
  for (int i = 1; i <= count; i++)
    if (end[-i] != 0) return 0;
  return 1;
}

/* The warnings of libjpeg after which every pixel is what the file says; 0 for all others. */
static uint32_t harmless_defect(j_common_ptr info) {
  switch (info->err->msg_code) {
    case JWRN_JFIF_MAJOR: return CJEPA_JPEG_JFIF_VERSION;
    case JWRN_ADOBE_XFORM: return CJEPA_JPEG_ADOBE_TRANSFORM;
    case JWRN_NOT_SEQUENTIAL: return CJEPA_JPEG_SCAN_PARAMETERS;
    case JWRN_EXTRANEOUS_DATA: return stray_bytes_are_harmless(info) ? CJEPA_JPEG_STRAY_BYTES : 0;
    default: return 0;
  }
}

/* Level -1 is a warning. After most of them libjpeg goes on with invented pixels: as many as the header
   claims, however few bytes there are. */
static void note(j_common_ptr info, int level) {
  if (level >= 0) return;
  uint32_t defect = harmless_defect(info);
  if (defect == 0) fail(info);
  ((error_state *)info->err)->defects |= defect;
}

static void silence(j_common_ptr info) { (void)info; }

/* libjpeg calls this before each row of blocks, and so first after a scan's header has been read. */
static void limit_scans(j_common_ptr info) {
  if (!info->is_decompressor) return;
  j_decompress_ptr decoder = (j_decompress_ptr)info;
  cjepa_jpeg_reader *reader = (cjepa_jpeg_reader *)decoder; /* whose first member it is */
  if (decoder->input_scan_number == reader->scan) return;
  reader->scan = decoder->input_scan_number;
  reader->block_visits +=
      (int64_t)decoder->MCUs_per_row * decoder->MCU_rows_in_scan * decoder->blocks_in_MCU;
  error_state *error = &reader->error;
  if (reader->scan > MAXIMUM_SCANS) {
    snprintf(error->reason, sizeof error->reason, "more than %d scans", MAXIMUM_SCANS);
  } else if (reader->block_visits > MAXIMUM_BLOCK_VISITS) {
    snprintf(error->reason, sizeof error->reason, "%d scans of so large an image, more than are decoded",
             reader->scan);
  } else {
    return;
  }
  longjmp(error->escape, 1);
}

static struct jpeg_error_mgr *prepare(error_state *error) {
  struct jpeg_error_mgr *base = jpeg_std_error(&error->base);
  base->error_exit = fail;
  base->emit_message = note;
  base->output_message = silence;
  error->reason[0] = 0;
  return base;
}

static void give_reason(const error_state *error, char *reason) {
  snprintf(reason, CJEPA_REASON_SIZE, "%s", error->reason);
}

cjepa_jpeg_reader *cjepa_jpeg_open(const uint8_t *bytes, size_t count, char *reason) {
  cjepa_jpeg_reader *reader = calloc(1, sizeof *reader);
  if (!reader) {
    snprintf(reason, CJEPA_REASON_SIZE, "out of memory");
    return NULL;
  }
  reader->info.err = prepare(&reader->error);
  reader->error.start = bytes;
  if (setjmp(reader->error.escape)) {
    give_reason(&reader->error, reason);
    cjepa_jpeg_close(reader);
    return NULL;
  }
  jpeg_create_decompress(&reader->info);
  reader->progress.progress_monitor = limit_scans;
  reader->info.progress = &reader->progress;
  jpeg_mem_src(&reader->info, bytes, count);
  jpeg_read_header(&reader->info, TRUE);
  return reader;
}

int64_t cjepa_jpeg_width(const cjepa_jpeg_reader *reader) { return reader->info.image_width; }
int64_t cjepa_jpeg_height(const cjepa_jpeg_reader *reader) { return reader->info.image_height; }

uint32_t cjepa_jpeg_defects(const cjepa_jpeg_reader *reader) { return reader->error.defects; }

/* With Huffman codes every block of 64 pixels takes a bit at least of the component that is sampled most
   finely. Arithmetic codes have no such bound; 65,536 is far beyond what encoders reach on one colour. */
int64_t cjepa_jpeg_pixels_per_byte(const cjepa_jpeg_reader *reader) {
  return reader->info.arith_code ? 65536 : 512;
}

int cjepa_jpeg_check_memory(cjepa_jpeg_reader *reader, size_t count, char *reason) {
  struct jpeg_decompress_struct *info = &reader->info;
  if (!jpeg_has_multiple_scans(info)) return 0;
  int64_t blocks = 0;
  for (int i = 0; i < info->num_components; i++) {
    blocks += (int64_t)info->comp_info[i].width_in_blocks * info->comp_info[i].height_in_blocks;
  }
  int64_t bytes = blocks * DCTSIZE2 * (int64_t)sizeof(JCOEF);
  if (bytes <= FREE_COEFFICIENT_BYTES) return 0;
  if (bytes / COEFFICIENT_BYTES_PER_BYTE <= (int64_t)count) return 0;
  snprintf(reason, CJEPA_REASON_SIZE, "its scans need %lld MiB of memory, too much for a file of %zu bytes",
           (long long)(bytes >> 20), count);
  return -1;
}

/* Adobe writes CMYK inverted (255 is no ink), and so does every file met in practice: a channel is
   then its ink's transmission times black's. In place, 4 bytes a pixel to 3. */
static void rgb_from_inverted_cmyk(const uint8_t *cmyk, uint8_t *rgb, size_t count) {
  for (size_t i = 0; i < count; i++) {
    unsigned black = cmyk[4 * i + 3];
    for (int c = 0; c < 3; c++) {
      unsigned ink = (255u - cmyk[4 * i + c]) * black + 128;
      rgb[3 * i + c] = (uint8_t)(black - ((ink + (ink >> 8)) >> 8));
    }
  }
}

int cjepa_jpeg_read(cjepa_jpeg_reader *reader, uint8_t *rgb, char *reason) {
  struct jpeg_decompress_struct *info = &reader->info;
  if (setjmp(reader->error.escape)) {
    give_reason(&reader->error, reason);
    return -1;
  }
  int inks = info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK;
  info->out_color_space = inks ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(info);
  size_t width = info->output_width;
  JSAMPARRAY inked = NULL; /* released with the reader */
  if (inks) inked = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, 4 * width, 1);
  while (info->output_scanline < info->output_height) {
    uint8_t *row = rgb + (size_t)info->output_scanline * width * 3;
    if (inks) {
      jpeg_read_scanlines(info, inked, 1);
      rgb_from_inverted_cmyk(inked[0], row, width);
    } else {
      JSAMPROW rows[1] = {row};
      jpeg_read_scanlines(info, rows, 1);
    }
  }
  jpeg_finish_decompress(info);
  return 0;
}

void cjepa_jpeg_close(cjepa_jpeg_reader *reader) {
  if (!reader) return;
  jpeg_destroy_decompress(&reader->info);
  free(reader);
}

int cjepa_jpeg_write(const uint8_t *rgb, int32_t width, int32_t height, int32_t quality,
                     int32_t chroma_step, uint8_t **bytes, size_t *count, char *reason) {
  struct {
    struct jpeg_compress_struct info;
    error_state error;
    unsigned char *output;
    unsigned long size;
  } *writer = calloc(1, sizeof *writer); /* on the heap: locals are lost by longjmp */
  if (!writer) {
    snprintf(reason, CJEPA_REASON_SIZE, "out of memory");
    return -1;
  }
  writer->info.err = prepare(&writer->error);
  if (setjmp(writer->error.escape)) {
    give_reason(&writer->error, reason);
    jpeg_destroy_compress(&writer->info);
    free(writer->output);
    free(writer);
    return -1;
  }
  jpeg_create_compress(&writer->info);
  jpeg_mem_dest(&writer->info, &writer->output, &writer->size);
  writer->info.image_width = (JDIMENSION)width;
  writer->info.image_height = (JDIMENSION)height;
  writer->info.input_components = 3;
  writer->info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&writer->info);
  jpeg_set_quality(&writer->info, quality, TRUE);
  /* Sampling is relative to the largest factor, luma's. */
  writer->info.comp_info[0].h_samp_factor = chroma_step;
  writer->info.comp_info[0].v_samp_factor = chroma_step;
  jpeg_start_compress(&writer->info, TRUE);
  while (writer->info.next_scanline < writer->info.image_height) {
    JSAMPROW rows[1] = {(JSAMPROW)(rgb + (size_t)writer->info.next_scanline * width * 3)};
    jpeg_write_scanlines(&writer->info, rows, 1);
  }
  jpeg_finish_compress(&writer->info);
  jpeg_destroy_compress(&writer->info);
  *bytes = writer->output;
  *count = writer->size;
  free(writer);
  return 0;
}
