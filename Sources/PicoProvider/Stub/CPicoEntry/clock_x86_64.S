// The host's own clock function, called from the stub.
//
// It is code of the host's: it may use vector registers, which are the guest's here, and it lies where guest code
// lies. So the thread says that it is there, and where its stack was: a signal that finds RIP outside the stub comes
// back to pico_clock_abandoned, half way through the function, and whoever asked makes the call instead.
#include "pico_layout.h"
        .text

// long pico_host_clock(uint64_t clock, void *time, uint64_t function)
        .globl  pico_host_clock
        .type   pico_host_clock, @function
pico_host_clock:
        push    %rbp
        mov     %rsp, %rbp
        push    %rbx
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        sub     $272, %rsp
        and     $~63, %rsp
        mov     %rbp, 256(%rsp)
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movaps  %xmm\n, \n * 16(%rsp)
        .endr
        mov     %rsp, %gs:PICO_T_CLOCK_STACK
        call    *%rdx
        movq    $0, %gs:PICO_T_CLOCK_STACK
1:      .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movaps  \n * 16(%rsp), %xmm\n
        .endr
        mov     256(%rsp), %rbp
        lea     -40(%rbp), %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbx
        pop     %rbp
        ret
        .globl  pico_clock_abandoned
pico_clock_abandoned:
        mov     $-38, %eax
        cltq
        jmp     1b
        .size   pico_host_clock, . - pico_host_clock
