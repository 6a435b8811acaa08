/* SPDX-License-Identifier: MIT */
/* memcpy(), instead of newlib's, which writes round the caches with twice the instructions. */

    .text
    .globl copy_memory
    .type copy_memory, @function
    .ifndef on_host                     /* a unit test has its own memcpy() */
    .globl memcpy
    .set memcpy, copy_memory
    .endif

/*
 * Words, and the last eight bytes once more, which need not be a whole word of the rest; they are
 * read first, so that nothing here depends on the order of writes.
 */
copy_memory:
    mov %rdi, %rax
    mov %rdx, %rcx
    cmp $8, %rdx
    jb 2f
    mov -8(%rsi, %rdx), %r8
    lea -8(%rdi, %rdx), %r9
    cmp $64, %rdx
    jb 1f
    shr $3, %rcx
    rep movsq
    mov %r8, (%r9)
    ret
1:  mov (%rsi), %rdx
    mov %rdx, (%rdi)
    add $8, %rsi
    add $8, %rdi
    sub $8, %rcx
    cmp $8, %rcx
    jae 1b
    mov %r8, (%r9)
    ret
2:  rep movsb
    ret
    .size copy_memory, . - copy_memory

    .section .note.GNU-stack, "", @progbits
