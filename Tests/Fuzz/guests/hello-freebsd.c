// Ends at once, after one line: an image for the loader.
static long call3(long number, long a, long b, long c) {
  __asm__ volatile("syscall" : "+a"(number), "+d"(c) : "D"(a), "S"(b) : "rcx", "r8", "r9", "r10", "r11", "memory");
  return number;
}
__attribute__((used)) static void begin(void) {
  call3(4, 1, (long)"hello\n", 6);
  for (;;) call3(1, 0, 0, 0);
}
__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call begin\n");
