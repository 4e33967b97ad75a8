/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A firmware of 64 KiB that does what the serial port tells it, so that a test can make a guest's
 * processor read and write physical memory. A request: a byte with the access size (1, 2, 4; bit 7:
 * write), u32 address, and for a write u32 value. The answer: u32, what was read, or zero.
 */
    .text
    .code16
    .globl _start
_start:
    cli
    lgdtl %cs:(gdt_pointer - _start)
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $8, $(0xffff0000 + protected - _start)

    .code32
protected:
    movw $16, %ax
    movw %ax, %ds
    movw %ax, %ss
    movl $0x7000, %esp
next:
    call get_byte
    movb %al, %bh
    call get_word
    movl %esi, %edi
    testb $0x80, %bh
    jnz write
    xorl %eax, %eax
    cmpb $1, %bh
    je read_1
    cmpb $2, %bh
    je read_2
    movl (%edi), %eax
    jmp answer
read_1:
    movb (%edi), %al
    jmp answer
read_2:
    movw (%edi), %ax
    jmp answer
write:
    call get_word
    movl %esi, %eax
    cmpb $0x81, %bh
    je write_1
    cmpb $0x82, %bh
    je write_2
    movl %eax, (%edi)
    jmp written
write_1:
    movb %al, (%edi)
    jmp written
write_2:
    movw %ax, (%edi)
written:
    xorl %eax, %eax
answer:
    movl $4, %ecx
1:  call put_byte
    shrl $8, %eax
    loop 1b
    jmp next

/* Four bytes, the lowest first, into %esi. */
get_word:
    movl $4, %ecx
1:  call get_byte
    movb %al, %bl
    shrl $8, %esi
    movzbl %bl, %eax
    shll $24, %eax
    orl %eax, %esi
    loop 1b
    ret

get_byte:
    movw $0x3fd, %dx
1:  inb %dx, %al
    testb $1, %al
    jz 1b
    movw $0x3f8, %dx
    inb %dx, %al
    ret

put_byte:
    pushl %eax
    movw $0x3fd, %dx
1:  inb %dx, %al
    testb $0x20, %al
    jz 1b
    popl %eax
    movw $0x3f8, %dx
    outb %al, %dx
    ret

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff /* 8: code, 4 GiB */
    .quad 0x00cf92000000ffff /* 16: data, 4 GiB */
gdt_pointer:
    .word . - gdt - 1
    .long 0xffff0000 + gdt - _start

    .org 0xfff0
    .code16
    jmp _start
    .org 0x10000
