// Code that a rewritten call site runs. Each site has a block of its own in the stub's 4 GiB, copied from one of the
// templates here with the site's return address and call number filled in. A lean call is made right in the block; any
// other goes to pico_site_full.
//
// A block changes nothing but RAX, RCX and R11, which the system-call instruction clobbers anyway: no memory, no stack, no
// flag, and no GS base is needed. So a signal that finds RIP in it is delivered there and then, as if it had found the
// guest before or after its instruction (Rewrite+Signals.swift). For that no instruction here may touch the flags: hence
// jrcxz, lea and bswap where one would expect cmp and add.
#include "pico_layout.h"
        .text

// The upper half of a thread area's address: what GS base has in bytes 4 to 7 while it is the stub's.
#define AREA_MARK 0x207e0000

// ---- What blocks share ---------------------------------------------------------------------------------
// R11 holds the return address. With a GS base that is not the stub's the call is left to the instruction itself.
        .globl  pico_site_begin
pico_site_begin:
        .globl  pico_site_full
        .type   pico_site_full, @function
pico_site_full:
        rdgsbase %rcx
        bswap   %rcx
        lea     -AREA_MARK(%rcx), %ecx
        jrcxz   1f
        lea     -2(%r11), %rcx
        jmp     *%rcx
1:      mov     %r11, %rcx
        jmp     pico_entry_full
        .size   pico_site_full, . - pico_site_full
        .globl  pico_site_end
pico_site_end:

// ---- Pieces of the templates ---------------------------------------------------------------------------
// The value that a fill-in label (which stands behind it) replaces.
#define FILL_IN 0x5555555555555555

.macro FULL name
        movabs  $FILL_IN, %r11
\name\()_return_full:
        movabs  $pico_site_full, %rcx
        jmp     *%rcx
.endm

// The host number + 1 of the call whose number is in EAX; what has none takes the full path.
.macro LOOK_UP name
        mov     %eax, %ecx
        bswap   %ecx
        movzwl  %cx, %ecx
        jrcxz   1f
        jmp     \name\()_begin
1:      movzbl  %ah, %ecx
        movabs  $FILL_IN, %r11
\name\()_pages:
        mov     (%r11, %rcx, 8), %r11
        movzbl  %al, %ecx
        movzwl  (%r11, %rcx, 2), %ecx
        jrcxz   \name\()_begin
        lea     -1(%rcx), %eax
.endm

// With --stats. A guest that owns GS is not counted.
.macro COUNT
        rdgsbase %r11
        bswap   %r11
        lea     -AREA_MARK(%r11), %ecx
        jrcxz   1f
        jmp     2f
1:      mov     %gs:PICO_T_DIRECT_CALLS, %rcx
        lea     1(%rcx), %rcx
        mov     %rcx, %gs:PICO_T_DIRECT_CALLS
2:
.endm

.macro TEMPLATE_LINUX name variable counted
\name\()_begin:
.if \variable
        FULL    \name
\name\()_entry:
        LOOK_UP \name
.else
\name\()_return_full:
\name\()_entry:
.endif
\name\()_loaded:
.if \counted
        COUNT
.endif
\name\()_call:
        syscall
        movabs  $FILL_IN, %rcx
\name\()_return:
        jmp     *%rcx
\name\()_end:
.endm

// FreeBSD: an error is told by the carry flag, with the guest's positive errno in RAX.
.macro TEMPLATE_FREEBSD name variable counted
\name\()_begin:
.if \variable
        FULL    \name
\name\()_entry:
        LOOK_UP \name
\name\()_number:
.else
\name\()_return_full:
\name\()_entry:
        mov     $(FILL_IN & 0x7fffffff), %eax
\name\()_number:
.endif
\name\()_loaded:
.if \counted
        COUNT
.endif
\name\()_call:
        syscall
        mov     %rax, %rcx
        bswap   %rcx
        lea     1(%rcx), %ecx
        jrcxz   2f                      // the upper half is all ones
1:      clc
        movabs  $FILL_IN, %rcx
\name\()_return:
        jmp     *%rcx
2:      not     %rax
\name\()_inverted:
        lea     1(%rax), %ecx           // the error, if it is one: below 4096
        bswap   %ecx
        movzwl  %cx, %ecx
        jrcxz   3f
        jmp     4f
3:      lea     1(%rax), %ecx
        movzbl  %ch, %ecx
        lea     -16(%rcx), %ecx
        bswap   %ecx
        movzbl  %cl, %ecx
        jrcxz   4f
        movabs  $pico_errno_freebsd, %rcx
        movzbl  1(%rcx, %rax), %eax
\name\()_error:
        stc
        movabs  $FILL_IN, %rcx
\name\()_return_error:
        jmp     *%rcx
4:
\name\()_value:
        not     %rax
        jmp     1b
\name\()_end:
.endm

        .section .rodata.pico_templates, "a", @progbits
        .p2align 4
        TEMPLATE_LINUX linux_fixed 0 0
        TEMPLATE_LINUX linux_fixed_counted 0 1
        TEMPLATE_LINUX linux_variable 1 0
        TEMPLATE_LINUX linux_variable_counted 1 1
        TEMPLATE_FREEBSD freebsd_fixed 0 0
        TEMPLATE_FREEBSD freebsd_fixed_counted 0 1
        TEMPLATE_FREEBSD freebsd_variable 1 0
        TEMPLATE_FREEBSD freebsd_variable_counted 1 1
any_begin:
        FULL    any
any_end:

// ---- struct pico_template, by kind ---------------------------------------------------------------------
.macro LINUX_ROW name variable
        .quad   \name\()_begin
        .short  \name\()_end - \name\()_begin, \name\()_entry - \name\()_begin
        .short  \name\()_loaded - \name\()_begin, \name\()_call - \name\()_begin
        .short  0, 0, 0
        .short  \name\()_return - \name\()_begin, 0
.if \variable
        .short  \name\()_return_full - \name\()_begin, 0, \name\()_pages - \name\()_begin
.else
        .short  0, 0, 0
.endif
.endm
.macro FREEBSD_ROW name variable
        .quad   \name\()_begin
        .short  \name\()_end - \name\()_begin, \name\()_entry - \name\()_begin
        .short  \name\()_loaded - \name\()_begin, \name\()_call - \name\()_begin
        .short  \name\()_inverted - \name\()_begin, \name\()_error - \name\()_begin, \name\()_value - \name\()_begin
        .short  \name\()_return - \name\()_begin, \name\()_return_error - \name\()_begin
.if \variable
        .short  \name\()_return_full - \name\()_begin, 0, \name\()_pages - \name\()_begin
.else
        .short  0, \name\()_number - \name\()_begin, 0
.endif
.endm
        .p2align 4
        .globl  pico_templates
pico_templates:
        LINUX_ROW linux_fixed 0
        LINUX_ROW linux_fixed_counted 0
        LINUX_ROW linux_variable 1
        LINUX_ROW linux_variable_counted 1
        FREEBSD_ROW freebsd_fixed 0
        FREEBSD_ROW freebsd_fixed_counted 0
        FREEBSD_ROW freebsd_variable 1
        FREEBSD_ROW freebsd_variable_counted 1
        .quad   any_begin
        .short  any_end - any_begin, 0, any_end - any_begin, any_end - any_begin
        .short  0, 0, 0, 0, 0, any_return_full - any_begin, 0, 0

// The lean tables in pieces of 256 rows, by the upper byte of the number's lower half.
.macro PAGES name table
        .p2align 6
        .globl  \name
\name:
        .quad   \table, \table + 512, \table + 1024, \table + 1536
        .rept   252
        .quad   pico_no_lean
        .endr
.endm
        PAGES   pico_lean_pages_linux pico_lean_linux
        PAGES   pico_lean_pages_freebsd pico_lean_freebsd
        PAGES   pico_lean_pages_viewed_linux pico_lean_viewed_linux
        PAGES   pico_lean_pages_viewed_freebsd pico_lean_viewed_freebsd

        .section .note.GNU-stack,"",@progbits
