/* Included once per element type by the *.inc.h files' users, with JK_TYPE set to 32, 16 or 64.
 * Defines: T (stored), A (computed), LOAD, STORE, NAME(f), MATH(f), and WIDE, to go before loops. */

#undef T
#undef A
#undef LOAD
#undef STORE
#undef NAME
#undef MATH
#undef WIDE

#if JK_TYPE == 32
#define T float
#define A float
#define LOAD(x) (x)
#define STORE(x) (x)
#define NAME(f) f##_f32
#define WIDE JK_WIDE
#define MATH(f) f##_f32
#elif JK_TYPE == 16
#define T uint16_t
#define A float
#define LOAD(x) jk_load_bf16(x)
#ifdef JK_ROUNDS /* in functions with JK_ROUNDING_TARGET */
#define STORE(x) jk_round_bf16(x)
#else
#define STORE(x) jk_store_bf16(x)
#endif
#define NAME(f) f##_bf16
#define WIDE JK_WIDE
#define MATH(f) f##_f32
#else
#define T double
#define A double
#define LOAD(x) (x)
#define STORE(x) (x)
#define NAME(f) f##_f64
#define WIDE
#define MATH(f) f##_f64
#endif
