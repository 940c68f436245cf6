/*
 * Tells programs of the guest what time it is without asking its kernel.
 *
 * On a real kernel that is no system call. User-mode Linux 6.1 makes one of each (arch/x86/um/vdso/um_vdso.c), a system
 * call takes forty microseconds there, and half of all that the lab's programs make are these. This library, loaded by
 * LD_PRELOAD, counts the processor's cycles since the kernel's last answer and asks again after 20 ms, so that it is never
 * off by more than microseconds. It needs a counter that runs at one rate and never stops (constant_tsc, nonstop_tsc).
 *
 * Built without libc's headers, so that a compiler is all it needs: gcc -shared -fPIC -nostdlib.
 */

typedef unsigned long u64;

struct timespec {
  long seconds;
  long nanoseconds;
};

struct timeval {
  long seconds;
  long microseconds;
};

int *__errno_location(void);

/* x86_64 system calls, time.h */
enum { GETTIMEOFDAY = 96, CLOCK_GETTIME = 228 };
enum { REALTIME = 0, MONOTONIC = 1, REALTIME_COARSE = 5, MONOTONIC_COARSE = 6 };

enum { SECOND = 1000000000, ASK_AFTER_MS = 20, MEASURE_FOR = 10000000 };

static struct {
  u64 cycles, at; /* the kernel's last answer, in ns */
  u64 first_cycles, first_at;
} known[2];
static char locked;

static long call(long number, long first, long second) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second) : "rcx", "r11", "memory");
  return result;
}

static u64 ask(int clock) {
  struct timespec now;
  call(CLOCK_GETTIME, clock, (long)&now);
  return (u64)now.seconds * SECOND + now.nanoseconds;
}

/* Under the lock. */
static u64 tell(int clock) {
  u64 cycles = __builtin_ia32_rdtsc();
  u64 measured = known[clock].at - known[clock].first_at;
  u64 per_ms = measured < MEASURE_FOR ? 0 : (known[clock].cycles - known[clock].first_cycles) / (measured / 1000000);
  u64 passed = cycles - known[clock].cycles;
  u64 now;
  if (per_ms != 0 && passed < per_ms * ASK_AFTER_MS) {
    now = known[clock].at + passed * 1000000 / per_ms;
  } else {
    now = ask(clock);
    known[clock].cycles = __builtin_ia32_rdtsc();
    known[clock].at = now;
    if (known[clock].first_at == 0) {
      known[clock].first_cycles = known[clock].cycles;
      known[clock].first_at = now;
    }
  }
  return now;
}

/* What was counted and what the kernel says are microseconds apart: whoever was told the later one must not go back. */
static u64 not_before_last(u64 now) {
  static u64 last;
  u64 seen = __atomic_load_n(&last, __ATOMIC_ACQUIRE);
  while (seen < now) {
    if (__atomic_compare_exchange_n(&last, &seen, now, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return now;
  }
  return seen;
}

static u64 nanoseconds(int clock) {
  u64 now;
  if (__atomic_test_and_set(&locked, __ATOMIC_ACQUIRE)) {
    /* Another thread, or a fork in the middle of one, has it: the kernel knows too. */
    now = ask(clock);
  } else {
    now = tell(clock);
    __atomic_clear(&locked, __ATOMIC_RELEASE);
  }
  return clock == MONOTONIC ? not_before_last(now) : now;
}

int clock_gettime(int clock, struct timespec *into) {
  if (clock == REALTIME_COARSE) clock = REALTIME;
  if (clock == MONOTONIC_COARSE) clock = MONOTONIC;
  if (clock == REALTIME || clock == MONOTONIC) {
    u64 now = nanoseconds(clock);
    into->seconds = now / SECOND;
    into->nanoseconds = now % SECOND;
    return 0;
  }
  long result = call(CLOCK_GETTIME, clock, (long)into);
  if (result >= 0) return 0;
  *__errno_location() = -result;
  return -1;
}

int gettimeofday(struct timeval *into, void *zone) {
  if (zone != 0 || into == 0) {
    long result = call(GETTIMEOFDAY, (long)into, (long)zone);
    if (result >= 0) return 0;
    *__errno_location() = -result;
    return -1;
  }
  u64 now = nanoseconds(REALTIME);
  into->seconds = now / SECOND;
  into->microseconds = now % SECOND / 1000;
  return 0;
}
