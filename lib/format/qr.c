#include "lib/format/qr.h"

#include <errno.h>
#include <string.h>

#include <png.h>
#include <qrencode.h>

#include "lib/base/base64.h"
#include "lib/base/bytes.h"

#define QUIET 4	 /* modules of white around it: the standard asks for them */
#define LARGE 97 /* modules from which on they are drawn smaller */
#define DARK 0x00
#define LIGHT 0xff

static size_t
module_px(const QRcode *qr)
{
	return qr->width < LARGE ? 4 : 2;
}

static size_t
side_px(const QRcode *qr)
{
	return ((size_t)qr->width + (size_t)2 * QUIET) * module_px(qr);
}

/* As much is mended as still fits: 15 %, or 7 %. */
static enum ptn_err
encode(const char *text, QRcode **qr)
{
	static const QRecLevel levels[] = { QR_ECLEVEL_M, QR_ECLEVEL_L };
	const int len = (int)strlen(text);
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		*qr = QRcode_encodeData(len, (const unsigned char *)text, 0,
		    levels[i]);
		if (*qr != NULL)
			return PTN_OK;
	}
	return errno == ENOMEM ? PTN_E_NOMEM : PTN_E_INPUT;
}

static void
draw(const QRcode *qr, uint8_t *pixels)
{
	const size_t side = side_px(qr), width = (size_t)qr->width;
	const size_t px = module_px(qr);
	size_t x, y, row, i;

	memset(pixels, LIGHT, side * side);
	for (i = 0; i < width * width; i++) {
		if ((qr->data[i] & 1) == 0)
			continue;
		x = (i % width + QUIET) * px;
		y = (i / width + QUIET) * px;
		for (row = y; row < y + px; row++)
			memset(pixels + row * side + x, DARK, px);
	}
}

static enum ptn_err
compress(struct ptn_arena *a, const uint8_t *pixels, size_t side,
    struct ptn_bytes *png)
{
	png_image image = { .version = PNG_IMAGE_VERSION,
		.width = (png_uint_32)side,
		.height = (png_uint_32)side,
		.format = PNG_FORMAT_GRAY };
	png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
	uint8_t *p = ptn_arena_alloc(a, size);
	int ok;

	if (p == NULL)
		return PTN_E_NOMEM;
	ok = png_image_write_to_memory(&image, p, &size, 0, pixels, 0, NULL);
	*png = PTN_BYTES(p, size);
	return ok ? PTN_OK : PTN_E_NOMEM;
}

static enum ptn_err
paint(struct ptn_arena *a, const QRcode *qr, const char **url)
{
	const size_t side = side_px(qr);
	uint8_t *pixels = ptn_arena_alloc(a, side * side);
	struct ptn_bytes png;
	const char *text;
	enum ptn_err r;

	if (pixels == NULL)
		return PTN_E_NOMEM;
	draw(qr, pixels);
	if ((r = compress(a, pixels, side, &png)) != PTN_OK)
		return r;
	text = ptn_b64std_encode(a, png);
	*url = text != NULL
	    ? ptn_arena_printf(a, "data:image/png;base64,%s", text)
	    : NULL;
	return *url != NULL ? PTN_OK : PTN_E_NOMEM;
}

enum ptn_err
ptn_qr_url(struct ptn_arena *a, const char *text, const char **url)
{
	QRcode *qr = NULL;
	enum ptn_err r;

	if ((r = encode(text, &qr)) != PTN_OK)
		return r;
	r = paint(a, qr, url);
	ptn_wipe(qr->data, (size_t)qr->width * (size_t)qr->width);
	QRcode_free(qr);
	return r;
}
