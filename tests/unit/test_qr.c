/* QR codes: what is drawn is what was to be said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <png.h>
#include <qrencode.h>

#include "lib/base/base64.h"
#include "lib/format/qr.h"
#include "tests/unit/arena.h"

#define QUIET 4 /* modules around it */

/* The picture of a URL, a byte a pixel, and its side. */
static const uint8_t *
picture_of(const char *url, size_t *side)
{
	static const char scheme[] = "data:image/png;base64,";
	png_image image = { .version = PNG_IMAGE_VERSION };
	struct ptn_bytes png;
	uint8_t *pixels;

	assert_memory_equal(url, scheme, sizeof(scheme) - 1);
	assert_int_equal(ptn_b64any_decode(arena,
			     ptn_bytes_of(url + sizeof(scheme) - 1), &png),
	    PTN_OK);
	assert_int_equal(
	    png_image_begin_read_from_memory(&image, png.p, png.len), 1);
	assert_int_equal(image.width, image.height);
	image.format = PNG_FORMAT_GRAY;
	pixels = ptn_arena_alloc(arena, PNG_IMAGE_SIZE(image));
	assert_non_null(pixels);
	assert_int_equal(png_image_finish_read(&image, NULL, pixels, 0, NULL),
	    1);
	*side = image.width;
	return pixels;
}

/* Each pixel, of the code that the text has, and of the white around it. */
static void
compare(const char *text)
{
	QRcode *qr = QRcode_encodeData((int)strlen(text),
	    (const unsigned char *)text, 0, QR_ECLEVEL_M);
	size_t x, y, side, modules, px;
	const uint8_t *pixels;
	const char *url = NULL;
	bool inside, dark;

	assert_non_null(qr);
	assert_int_equal(ptn_qr_url(arena, text, &url), PTN_OK);
	pixels = picture_of(url, &side);
	modules = (size_t)qr->width + (size_t)2 * QUIET;
	assert_int_equal(side % modules, 0);
	px = side / modules;
	for (y = 0; y < side; y++)
		for (x = 0; x < side; x++) {
			const size_t i = x / px - QUIET, k = y / px - QUIET;

			inside = i < (size_t)qr->width && k < (size_t)qr->width;
			dark = inside &&
			    (qr->data[k * (size_t)qr->width + i] & 1) != 0;
			assert_int_equal(pixels[y * side + x],
			    dark ? 0x00 : 0xff);
		}
	QRcode_free(qr);
}

static void
short_and_long_texts(void **state)
{
	char text[2001];

	(void)state;
	compare("a");
	compare("otpauth://totp/Example:ada%40example.org?secret="
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567&issuer=Example");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	compare(text);
}

static void
what_is_too_long(void **state)
{
	const char *url = NULL;
	char *text = ptn_arena_alloc(arena, 3001);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 3000);
	assert_int_equal(ptn_qr_url(arena, text, &url), PTN_E_INPUT);
}

static void
without_memory(void **state)
{
	struct ptn_arena *small = ptn_arena_new(1024);
	const char *url = NULL;

	(void)state;
	assert_int_equal(ptn_qr_url(small, "a", &url), PTN_E_NOMEM);
	ptn_arena_free(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(short_and_long_texts,
		    arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(what_is_too_long, arena_setup,
		    arena_teardown),
		cmocka_unit_test_setup_teardown(without_memory, arena_setup,
		    arena_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
