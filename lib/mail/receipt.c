#define _GNU_SOURCE /* memfd_create(2), F_ADD_SEALS */

#include "lib/mail/receipt.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"

static uint64_t
pack(uint32_t run, enum ptn_receipt_phase phase, int status)
{
	return (uint64_t)run << 32 | (uint64_t)phase << 8 |
	    (uint64_t)(status & 0xff);
}

/* Nobody who has it can make it shorter: that would be the end of others. */
static int
make_file(size_t len)
{
	int low = memfd_create("receipts", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int fd = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, 3);

	if (low >= 0)
		close(low);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)len) == 0 &&
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	close(fd);
	return -1;
}

struct ptn_receipt *
ptn_receipts_new(size_t n, int *fd)
{
	struct ptn_receipt *r = NULL;

	*fd = make_file(n * sizeof(*r));
	if (*fd >= 0)
		r = ptn_receipts_map(*fd, &n);
	if (r != NULL)
		return r;
	ptn_error("receipts: %s", strerror(errno));
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return NULL;
}

struct ptn_receipt *
ptn_receipts_map(int fd, size_t *n)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) != 0 || st.st_size <= 0)
		return NULL;
	*n = (size_t)st.st_size / sizeof(struct ptn_receipt);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

void
ptn_receipts_unmap(struct ptn_receipt *r, size_t n)
{
	if (r != NULL)
		(void)munmap(r, n * sizeof(*r));
}

void
ptn_receipts_clear(struct ptn_receipt *r, size_t n, uint32_t run)
{
	size_t i;

	for (i = 0; i < n; i++) {
		memset(r[i].said, 0, sizeof(r[i].said));
		atomic_store(&r[i].state, pack(run, PTN_RECEIPT_WAITING, 0));
	}
}

static bool
change(struct ptn_receipt *r, uint64_t from, uint64_t to)
{
	return atomic_compare_exchange_strong(&r->state, &from, to);
}

bool
ptn_receipt_begin(struct ptn_receipt *r, uint32_t run)
{
	return change(r, pack(run, PTN_RECEIPT_WAITING, 0),
	    pack(run, PTN_RECEIPT_BEGUN, 0));
}

void
ptn_receipt_end(struct ptn_receipt *r, uint32_t run, int status,
    const char *said)
{
	const uint64_t begun = pack(run, PTN_RECEIPT_BEGUN, 0);
	const size_t len = strcspn(said, "\n");
	const size_t max = sizeof(r->said) - 1;

	if (atomic_load(&r->state) != begun)
		return;
	memcpy(r->said, said, len < max ? len : max);
	(void)change(r, begun, pack(run, PTN_RECEIPT_ENDED, status));
}

bool
ptn_receipt_take_back(struct ptn_receipt *r, uint32_t run)
{
	return change(r, pack(run, PTN_RECEIPT_WAITING, 0),
	    pack(run, PTN_RECEIPT_BACK, 0));
}

enum ptn_receipt_phase
ptn_receipt_look(const struct ptn_receipt *r, uint32_t run, int *status,
    char said[PTN_RECEIPT_SAID_MAX])
{
	const uint64_t state = atomic_load(&r->state);
	const unsigned int phase = (unsigned int)(state >> 8) & 0xffffff;

	*status = (int)(state & 0xff);
	said[0] = '\0';
	if (state >> 32 != run || phase > PTN_RECEIPT_ENDED)
		return PTN_RECEIPT_BACK;
	if (phase == PTN_RECEIPT_ENDED) {
		memcpy(said, r->said, PTN_RECEIPT_SAID_MAX - 1);
		said[PTN_RECEIPT_SAID_MAX - 1] = '\0';
	}
	return (enum ptn_receipt_phase)phase;
}
