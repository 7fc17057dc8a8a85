#ifndef JK_PROCESSOR_H
#define JK_PROCESSOR_H

/* Targets beyond what JK_CLONES covers. Functions with these attributes may only be called where the
 * processor was asked first; see processor.c. */

#if defined(__x86_64__) && defined(__linux__)
#define JK_X86 1

/* 512-bit vectors and rounding of floats to bfloat16 in hardware (AVX512-BF16). */
#define JK_ROUNDING_TARGET target("arch=x86-64-v4,avx512bf16"), min_vector_width(512)
/* The same, with products on matrix tiles (AMX). */
#define JK_TILE_TARGET target("arch=x86-64-v4,avx512bf16,amx-tile,amx-bf16"), min_vector_width(512)
#endif

#endif
