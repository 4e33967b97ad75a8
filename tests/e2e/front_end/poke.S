/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A firmware of 64 KiB that does what the serial port tells it, so that a test can make a guest's
 * processor read and write physical memory. A request: a byte with the access size (1, 2, 4; bit 7:
 * write), u32 address, and for a write u32 value and u32 count, how often to write it. The answer:
 * u32, what was read, or zero. While it waits the processor is halted: the machine has other work.
 */
#define COM1 0x3f8
#define COM1_VECTOR 0x24
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
    lidtl 0xffff0000 + idt_pointer - _start
    movl $0x1ff, 0xfee000f0 /* the local APIC on, and passing on what the PIC says */
    movl $0x700, 0xfee00350
    movl $ports - _start + 0xffff0000, %esi
    movl $(ports_end - ports) / 4, %ecx
1:  lodsw
    movw %ax, %dx
    lodsw
    outb %al, %dx
    loop 1b
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
    movl %esi, %ebp
    call get_word
    movl %ebp, %eax
    movl %esi, %ecx
again:
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
    loop again
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
    movw $COM1 + 5, %dx
1:  cli
    inb %dx, %al
    testb $1, %al
    jnz 2f
    sti
    hlt
    jmp 1b
2:  movw $COM1, %dx
    inb %dx, %al
    ret

interrupt:
    pushl %eax
    movb $0x20, %al
    outb %al, $0x20
    popl %eax
    iret

put_byte:
    pushl %eax
    movw $COM1 + 5, %dx
1:  inb %dx, %al
    testb $0x20, %al
    jz 1b
    popl %eax
    movw $COM1, %dx
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

    .balign 8
idt:
    .fill COM1_VECTOR, 8, 0
    .word interrupt - _start, 8, 0x8e00, 0xffff
idt_pointer:
    .word . - idt - 1
    .long 0xffff0000 + idt - _start

/* Port and value: the interrupt controller lets COM1 through alone, and COM1 tells of input. */
ports:
    .word 0x20, 0x11, 0x21, 0x20, 0x21, 0x04, 0x21, 0x01, 0x21, 0xef
    .word COM1 + 1, 0x01, COM1 + 4, 0x0b
ports_end:

    .org 0xfff0
    .code16
    jmp _start
    .org 0x10000
