// The start of every guest program, and the few functions a program without a library needs.
#include "_freebsd.h"
#include <stdarg.h>

#ifndef UNMARKED
// What marks a program as FreeBSD's own (elf_common.h: NT_FREEBSD_ABI_TAG): 14.0.
__attribute__((section(".note.tag"), used, aligned(4))) static const struct {
  u32 name_size, size, type;
  char name[8];
  u32 version;
} abi_tag = {8, 4, 1, "FreeBSD", 1400097};
#endif

// At the start rdi points to the argument count, and the stack is 8 off a multiple of 16.
__asm__(
    ".text\n.globl _start\n_start:\n"
    "  xor %ebp, %ebp\n  mov %rsp, %rsi\n  and $-16, %rsp\n  call begin\n  ud2\n"
    ".globl call\ncall:\n"
    "  mov %rdi, %rax\n  mov %rsi, %rdi\n  mov %rdx, %rsi\n  mov %rcx, %rdx\n  mov %r8, %r10\n  mov %r9, %r8\n"
    "  mov 8(%rsp), %r9\n  syscall\n  jnc 1f\n  neg %rax\n1:ret\n"
    // The child runs on the parent's stack: the way back must not be on it when the parent goes on.
    ".globl vfork\nvfork:\n  pop %rsi\n  mov $66, %eax\n  syscall\n  jmp *%rsi\n"
    ".globl spawn\nspawn:\n  pop %rsi\n  mov $0x80000000, %edi\n  mov $251, %eax\n  syscall\n  jmp *%rsi\n");

int failures;

__attribute__((used)) static void begin(long *block, u64 stack_pointer) {
  int argc = (int)block[0];
  char **argv = (char **)(block + 1);
  if (stack_pointer % 16 != 8) {
    print("stack pointer at the start: %lx\n", stack_pointer);
    failures++;
  }
  quit(main(argc, argv, argv + argc + 1));
}

void quit(int status) {
  SYS(exit, status);
  __builtin_trap();
}

void *memset(void *to, int byte, u64 count) {
  for (volatile u8 *p = to; count > 0; count--) *p++ = (u8)byte;
  return to;
}

void *memcpy(void *to, const void *from, u64 count) {
  volatile u8 *p = to;
  for (const u8 *q = from; count > 0; count--) *p++ = *q++;
  return to;
}

u64 length(const char *text) {
  u64 n = 0;
  while (text[n] != 0) n++;
  return n;
}

int same(const char *a, const char *b) {
  while (*a != 0 && *a == *b) a++, b++;
  return *a == *b;
}

static char *put_number(char *to, u64 value, unsigned base) {
  char digits[24];
  int n = 0;
  do digits[n++] = "0123456789abcdef"[value % base];
  while ((value /= base) != 0);
  while (n > 0) *to++ = digits[--n];
  return to;
}

void print(const char *format, ...) {
  char line[1024], *to = line;
  va_list arguments;
  va_start(arguments, format);
  for (; *format != 0 && to < line + sizeof line - 300; format++) {
    if (*format != '%') {
      *to++ = *format;
      continue;
    }
    int wide = *++format == 'l';
    if (wide) format++;
    if (*format == 's') {
      const char *text = va_arg(arguments, const char *);
      for (int i = 0; text[i] != 0 && i < 256; i++) *to++ = text[i];
    } else if (*format == 'x') {
      to = put_number(to, wide ? va_arg(arguments, u64) : va_arg(arguments, u32), 16);
    } else {
      i64 value = wide ? va_arg(arguments, i64) : va_arg(arguments, int);
      if (value < 0) *to++ = '-';
      to = put_number(to, value < 0 ? 0 - (u64)value : (u64)value, 10);
    }
  }
  va_end(arguments);
  SYS(write, 1, line, to - line);
}

const char *error_name(long result) {
#define NAME(e) case -e: return #e
  switch (result) {
    NAME(EPERM); NAME(ENOENT); NAME(ESRCH); NAME(EINTR); NAME(E2BIG); NAME(ENOEXEC); NAME(EBADF); NAME(ECHILD);
    NAME(ENOMEM); NAME(EACCES); NAME(EFAULT); NAME(EEXIST); NAME(ENOTDIR); NAME(EISDIR); NAME(EINVAL); NAME(ENOTTY);
    NAME(ESPIPE); NAME(EPIPE); NAME(EAGAIN); NAME(ENOTSOCK); NAME(EAFNOSUPPORT); NAME(ETIMEDOUT); NAME(ENOSYS);
  }
#undef NAME
  return result >= 0 ? "succeeds" : "another error";
}

void pause_for(long milliseconds) {
  timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  SYS(nanosleep, &time, 0);
}

void scratch_name(char *to, const char *beginning) {
  while (*beginning != 0) *to++ = *beginning++;
  *put_number(to, (u64)SYS(getpid, 0), 10) = 0;
}

int done(void) {
  print("%d failed\n", failures);
  return failures != 0;
}
