/*
 * Lets user-mode Linux 6.1 run on a processor whose extended state is larger than it knows (AMX: 11,008 bytes).
 *
 * It keeps a guest process's vector registers in a buffer of 2,696 bytes (arch/x86/um/user-offsets.c, HOST_FP_SIZE, fixed
 * in Linux 6.13) and writes them back with PTRACE_SETREGSET, which takes the whole state or nothing
 * (arch/x86/kernel/fpu/regset.c, xstateregs_set: EFAULT). Its first process then dies of SIGSEGV. This library, loaded
 * before libc by LD_PRELOAD, reads the whole state, hands on the part that was asked for, and completes what is written
 * with AMX in its initial state, which no program of the guest can have left: it takes an arch_prctl that the guest's
 * kernel does not know.
 *
 * Built without libc's headers, so that a compiler is all it needs: gcc -shared -fPIC -nostdlib.
 */

typedef __SIZE_TYPE__ size_t;

struct iovec {
  unsigned char *base;
  size_t length;
};

void *dlsym(void *, const char *);
void *memcpy(void *, const void *, size_t);
void *memset(void *, int, size_t);

/* ptrace.h, elf.h, dlfcn.h */
enum { GETREGSET = 0x4204, SETREGSET = 0x4205, NT_X86_XSTATE = 0x202 };
#define RTLD_NEXT ((void *)-1l)

/* Intel SDM volume 1, 13.4.2: which components are not in their initial state; bits 17 and 18 are AMX's. */
enum { XSTATE_BV = 512, AMX_IN_THIRD_BYTE = 0x06 };

typedef long ptrace_t(int, int, void *, void *);

static unsigned char state[65536];
static size_t size;

long ptrace(int request, int pid, void *address, void *data) {
  static ptrace_t *next;
  if (next == 0) next = (ptrace_t *)dlsym(RTLD_NEXT, "ptrace");

  struct iovec *asked = data;
  struct iovec whole = {state, sizeof state};
  if ((size_t)address != NT_X86_XSTATE) return next(request, pid, address, data);
  if (request == GETREGSET) {
    long failed = next(request, pid, address, &whole);
    if (failed) return failed;
    size = whole.length;
    if (asked->length > size) asked->length = size;
    memcpy(asked->base, state, asked->length);
    return 0;
  }
  if (request == SETREGSET && asked->length < size) {
    memset(state, 0, size);
    memcpy(state, asked->base, asked->length);
    state[XSTATE_BV + 2] &= ~AMX_IN_THIRD_BYTE;
    whole.length = size;
    return next(request, pid, address, &whole);
  }
  return next(request, pid, address, data);
}
