// The stub's ways in and out. A trap (SIGSYS redirect, rewritten call site or ptrace) arrives at an entry with
// every register the guest's own, RCX holding the address after the system-call instruction; RCX and R11 are
// the two that the instruction itself clobbers.
//
// Signals: the handler remembers a signal that finds RIP in the stub, and the ways out look at `pending` last
// of all. Between that look and the jump to the guest nothing may be lost, so each way out is a window
// [begin, end): found in it, RIP goes back to where the look is made again.
#include "pico_layout.h"
        .text

// ---- Start of a fresh image ----------------------------------------------------------------------------
        .globl  _start
        .type   _start, @function
_start:
        xor     %ebp, %ebp
        mov     %rsp, %rdi
        lea     pico_boot_stack_top(%rip), %rsp
        call    pico_boot
        ud2
        .size   _start, . - _start

// ---- Entries -------------------------------------------------------------------------------------------
// Common head: the guest's stack pointer and flags are put aside, the stub's stack is taken; then a call that
// needs no translation but its number is made at once (the lean path), everything else goes to pico_dispatch.
.macro ENTRY_HEAD
        mov     %rcx, %gs:PICO_T_RETURN
        mov     %rax, %gs:PICO_T_NUMBER
        mov     %rsp, %gs:PICO_F_RSP
        mov     %gs:PICO_T_STACK_TOP, %rsp
        pushfq
        popq    %gs:PICO_F_RFLAGS
        mov     %eax, %eax
        cmp     $(PICO_TABLE_ROWS - 1), %eax
        ja      pico_full
        mov     %gs:PICO_T_LEAN, %rcx
        movzwl  (%rcx, %rax, 2), %ecx
        test    %ecx, %ecx
        jz      pico_full
        lea     -1(%rcx), %eax
        incq    %gs:PICO_T_DIRECT_CALLS
.endm

.macro LOAD_FRAME
        pushq   %gs:PICO_F_RFLAGS
        popfq
        mov     %gs:PICO_F_RAX, %rax
        mov     %gs:PICO_F_RBX, %rbx
        mov     %gs:PICO_F_RDX, %rdx
        mov     %gs:PICO_F_RSI, %rsi
        mov     %gs:PICO_F_RDI, %rdi
        mov     %gs:PICO_F_RBP, %rbp
        mov     %gs:PICO_F_R8, %r8
        mov     %gs:PICO_F_R9, %r9
        mov     %gs:PICO_F_R10, %r10
        mov     %gs:PICO_F_R12, %r12
        mov     %gs:PICO_F_R13, %r13
        mov     %gs:PICO_F_R14, %r14
        mov     %gs:PICO_F_R15, %r15
.endm

        .globl  pico_entry_linux
        .type   pico_entry_linux, @function
        .p2align 6
pico_entry_linux:
        ENTRY_HEAD
        .globl  pico_lean_linux_begin
pico_lean_linux_begin:
        cmpl    $0, %gs:PICO_T_PENDING
        jne     pico_lean_interrupted
        .globl  pico_lean_linux_call
pico_lean_linux_call:
        syscall
        .globl  pico_lean_linux_end
pico_lean_linux_end:
pico_lean_out:
        cmpl    $0, %gs:PICO_T_PENDING
        jne     pico_lean_pending
        .globl  pico_lean_exit_begin
pico_lean_exit_begin:
        mov     %gs:PICO_F_RFLAGS, %r11
        pushq   %r11
        popfq
        mov     %gs:PICO_F_RSP, %rsp
        mov     %gs:PICO_T_RETURN, %rcx
        jmp     *%rcx
        .globl  pico_lean_exit_end
pico_lean_exit_end:
        .size   pico_entry_linux, . - pico_entry_linux

// FreeBSD and its relatives: an error is told by the carry flag, with the guest's positive errno in RAX.
        .globl  pico_entry_freebsd
        .type   pico_entry_freebsd, @function
        .p2align 6
pico_entry_freebsd:
        ENTRY_HEAD
        .globl  pico_lean_freebsd_begin
pico_lean_freebsd_begin:
        cmpl    $0, %gs:PICO_T_PENDING
        jne     pico_lean_interrupted
        .globl  pico_lean_freebsd_call
pico_lean_freebsd_call:
        syscall
        .globl  pico_lean_freebsd_end
pico_lean_freebsd_end:
        cmp     $-4095, %rax
        jae     1f
        andb    $~1, %gs:PICO_F_RFLAGS
        jmp     pico_lean_out
1:      neg     %rax
        mov     %gs:PICO_T_ERRNO_MAP, %rcx
        movzbl  (%rcx, %rax), %eax
        orb     $1, %gs:PICO_F_RFLAGS
        jmp     pico_lean_out
        .size   pico_entry_freebsd, . - pico_entry_freebsd

// From a rewritten site whose call is not lean.
        .globl  pico_entry_full
        .type   pico_entry_full, @function
        .p2align 6
pico_entry_full:
        mov     %rcx, %gs:PICO_T_RETURN
        mov     %rax, %gs:PICO_T_NUMBER
        mov     %rsp, %gs:PICO_F_RSP
        mov     %gs:PICO_T_STACK_TOP, %rsp
        pushfq
        popq    %gs:PICO_F_RFLAGS
        jmp     pico_full
        .size   pico_entry_full, . - pico_entry_full

// A signal came before a lean call was made, or the kernel wants it made again: the full path sees `pending`
// and has the call made anew after the handler.
        .globl  pico_lean_interrupted
pico_lean_interrupted:
        mov     %gs:PICO_T_NUMBER, %rax
// ---- The full path -------------------------------------------------------------------------------------
        .globl  pico_full
        .type   pico_full, @function
pico_full:
        mov     %rax, %gs:PICO_F_RAX
        call    pico_save_frame
        mov     %gs:PICO_T_SELF, %rdi
        cld
        call    pico_dispatch
        .globl  pico_exit
pico_exit:
        mov     %gs:PICO_T_STACK_TOP, %rsp
        cmpl    $0, %gs:PICO_T_PENDING
        jne     pico_exit_pending
        .globl  pico_exit_begin
pico_exit_begin:
        testl   $PICO_THREAD_OWNS_GS, %gs:PICO_T_FLAGS
        jnz     1f
        LOAD_FRAME
        mov     %gs:PICO_F_R11, %r11
        mov     %gs:PICO_F_RCX, %rcx
        mov     %gs:PICO_F_RSP, %rsp
        jmp     *%gs:PICO_F_RIP
// The guest owns GS: its base goes back last, so the target must be in a register that `syscall` clobbers.
1:      LOAD_FRAME
        mov     %gs:PICO_F_RIP, %rcx
        mov     %gs:PICO_F_RSP, %rsp
        mov     %gs:PICO_T_GUEST_GS, %r11
        wrgsbase %r11
        .globl  pico_exit_end
pico_exit_end:
        jmp     *%rcx
        .size   pico_full, . - pico_full

// A signal waits at the end of a lean call: the frame is made whole, with the call's result in it.
        .globl  pico_lean_pending
pico_lean_pending:
        mov     %gs:PICO_T_STACK_TOP, %rsp
        mov     %rax, %gs:PICO_F_RAX
        call    pico_save_frame
pico_exit_pending:
        mov     %gs:PICO_T_SELF, %rdi
        call    pico_deliver_pending
        jmp     pico_exit

// Saves the registers the entry has not saved yet; RCX and R11 become what the instruction makes of them.
pico_save_frame:
        mov     %rbx, %gs:PICO_F_RBX
        mov     %rdx, %gs:PICO_F_RDX
        mov     %rsi, %gs:PICO_F_RSI
        mov     %rdi, %gs:PICO_F_RDI
        mov     %rbp, %gs:PICO_F_RBP
        mov     %r8, %gs:PICO_F_R8
        mov     %r9, %gs:PICO_F_R9
        mov     %r10, %gs:PICO_F_R10
        mov     %r12, %gs:PICO_F_R12
        mov     %r13, %gs:PICO_F_R13
        mov     %r14, %gs:PICO_F_R14
        mov     %r15, %gs:PICO_F_R15
        mov     %gs:PICO_T_RETURN, %rcx
        mov     %rcx, %gs:PICO_F_RCX
        mov     %rcx, %gs:PICO_F_RIP
        mov     %gs:PICO_F_RFLAGS, %rcx
        mov     %rcx, %gs:PICO_F_R11
        ret

// ---- Threads -------------------------------------------------------------------------------------------
// long pico_clone3(struct clone_args *args, unsigned long size, struct pico_thread *child)
// With a stack in `args` the child goes to pico_thread_begin(child) on it; without one (fork) it returns 0 here.
        .globl  pico_clone3
        .type   pico_clone3, @function
pico_clone3:
        push    %r12
        push    %r13
        mov     %rdx, %r12
        mov     40(%rdi), %r13
        mov     $435, %eax
        syscall
        test    %rax, %rax
        jnz     1f
        test    %r13, %r13
        jz      1f
        xor     %ebp, %ebp
        mov     %r12, %rdi
        call    pico_thread_begin
        ud2
1:      pop     %r13
        pop     %r12
        ret
        .size   pico_clone3, . - pico_clone3

// void pico_thread_gone(uint64_t *word, uint64_t keep, int status): clears the thread area's bit and ends the
// thread. Another thread may take the area at once, so nothing is on the stack from here on.
        .globl  pico_thread_gone
        .type   pico_thread_gone, @function
pico_thread_gone:
        lock andq %rsi, (%rdi)
        mov     %edx, %edi
1:      mov     $60, %eax
        syscall
        jmp     1b
        .size   pico_thread_gone, . - pico_thread_gone

// The host's signal return, named in every host action.
        .globl  pico_host_sigreturn
        .type   pico_host_sigreturn, @function
pico_host_sigreturn:
        mov     $15, %eax
        syscall
        ud2

        // The stack's top and the paths behind it share a page.
        .bss
        .p2align 12
pico_boot_stack:
        .skip   32768 + 2048
pico_boot_stack_top:
        .globl  pico_paths
        .hidden pico_paths
pico_paths:
        .skip   8192

        .section .note.GNU-stack,"",@progbits
