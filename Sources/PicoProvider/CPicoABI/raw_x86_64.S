// Raw host calls and copies that survive a bad address. The labels that the signal code compares with an
// instruction pointer are global: a window's name ends in _begin, _call or _end.
#include "pico_layout.h"
        .text

        .globl  pico_syscall
        .type   pico_syscall, @function
pico_syscall:
        mov     %rdi, %rax
        mov     %rsi, %rdi
        mov     %rdx, %rsi
        mov     %rcx, %rdx
        mov     %r8, %r10
        mov     %r9, %r8
        mov     8(%rsp), %r9
        syscall
        ret
        .size   pico_syscall, . - pico_syscall

// A signal that finds RIP in [begin, end) before the call was made, or at the call because the kernel wants
// it made again, moves RIP to end with -EINTR: no wake-up is lost between the look at `pending` and the call.
        .globl  pico_syscall_blocking
        .type   pico_syscall_blocking, @function
pico_syscall_blocking:
        mov     %rsi, %rax
        mov     %rdi, %r11
        mov     %rdx, %rdi
        mov     %rcx, %rsi
        mov     %r8, %rdx
        mov     %r9, %r10
        mov     8(%rsp), %r8
        mov     16(%rsp), %r9
        .globl  pico_blocking_begin
pico_blocking_begin:
        cmpl    $0, PICO_T_PENDING(%r11)
        jne     1f
        .globl  pico_blocking_call
pico_blocking_call:
        syscall
        .globl  pico_blocking_end
pico_blocking_end:
        ret
1:      mov     $-4, %rax
        ret
        .size   pico_syscall_blocking, . - pico_syscall_blocking

// A fault between begin and end continues at pico_copy_fault with the registers as they were.
        .globl  pico_copy
        .type   pico_copy, @function
pico_copy:
        mov     %rdx, %rcx
        xor     %eax, %eax
        .globl  pico_copy_begin
pico_copy_begin:
        rep movsb
        ret
        .size   pico_copy, . - pico_copy

        .globl  pico_copy_string
        .type   pico_copy_string, @function
pico_copy_string:
        xor     %eax, %eax
1:      cmp     %rdx, %rax
        jae     2f
        movb    (%rsi,%rax), %cl
        movb    %cl, (%rdi,%rax)
        test    %cl, %cl
        je      3f
        inc     %rax
        jmp     1b
2:      mov     $-36, %rax
3:      ret
        .size   pico_copy_string, . - pico_copy_string

// Aligned: seen whole or not at all, also by a processor that executes there.
        .globl  pico_code_store8
        .type   pico_code_store8, @function
pico_code_store8:
        mov     %rsi, (%rdi)
        xor     %eax, %eax
        ret
        .globl  pico_code_store2
        .type   pico_code_store2, @function
pico_code_store2:
        movw    %si, (%rdi)
        xor     %eax, %eax
        ret

        .globl  pico_guest_cas32_begin
pico_guest_cas32_begin:
        .globl  pico_guest_cas32
        .type   pico_guest_cas32, @function
pico_guest_cas32:
        movl    $0, (%rcx)
        mov     %rcx, %r8
        mov     %esi, %eax
        lock cmpxchgl %edx, (%rdi)
        ret
        .globl  pico_guest_load32
        .type   pico_guest_load32, @function
pico_guest_load32:
        movl    $0, (%rsi)
        mov     %rsi, %r8
        mov     (%rdi), %eax
        ret
        .globl  pico_guest_store32
        .type   pico_guest_store32, @function
pico_guest_store32:
        movl    $0, (%rdx)
        mov     %rdx, %r8
        mov     %esi, (%rdi)
        ret
        .globl  pico_atomic_end
pico_atomic_end:
        nop

        .globl  pico_copy_fault
pico_copy_fault:
        mov     $-14, %rax
        ret
        .globl  pico_atomic_fault
pico_atomic_fault:
        movl    $1, (%r8)
        xor     %eax, %eax
        ret

        .section .note.GNU-stack,"",@progbits
