/*
 * The clock of a process, stepped: by as many seconds as stand in the file that $CLOCK_STEP_FILE names. Loaded by LD_PRELOAD.
 * Monotonic clocks are left alone, as where a machine's clock is set. Not libfaketime: its own look at the clock and that
 * of jemalloc, with which Debian builds redis-server, call each other for ever.
 *
 * Built without libc's headers, so that a compiler is all it needs: gcc -shared -fPIC -nostdlib.
 */

struct timespec {
  long seconds;
  long nanoseconds;
};

struct timeval {
  long seconds;
  long microseconds;
};

int open(const char *path, int flags, ...);
long read(int fd, void *to, unsigned long count);
int close(int fd);
char *getenv(const char *name);
long atol(const char *text);
void *dlsym(void *handle, const char *name);

/* dlfcn.h: RTLD_NEXT; time.h */
#define NEXT ((void *)-1L)
enum { REALTIME = 0, REALTIME_COARSE = 5 };

typedef int (*get_time)(int, struct timespec *);

static get_time real;

static long stepped_by(void) {
  char text[32];
  const char *path = getenv("CLOCK_STEP_FILE");
  int fd = path ? open(path, 0) : -1;
  long count = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (count <= 0) return 0;
  text[count] = 0;
  return atol(text);
}

int clock_gettime(int clock, struct timespec *to) {
  if (!real) real = (get_time)dlsym(NEXT, "clock_gettime");
  int result = real(clock, to);
  if (clock == REALTIME || clock == REALTIME_COARSE) to->seconds += stepped_by();
  return result;
}

int gettimeofday(struct timeval *to, void *zone) {
  struct timespec now;
  (void)zone;
  int result = clock_gettime(REALTIME, &now);
  to->seconds = now.seconds;
  to->microseconds = now.nanoseconds / 1000;
  return result;
}

long time(long *to) {
  struct timespec now;
  clock_gettime(REALTIME, &now);
  if (to) *to = now.seconds;
  return now.seconds;
}
