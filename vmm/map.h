/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest-physical addresses and interrupts of the machine, for C and for machine.dts. The host's
 * window for the MSIs of assigned devices, at 0x8000000, stays free: see docs/guest.md.
 */
#ifndef VMM_MAP_H
#define VMM_MAP_H

#define MAP_UART      0x09000000UL
#define MAP_UART_SIZE 0x1000UL
#define MAP_SMMU      0x09050000UL
#define MAP_GICD      0x0a000000UL
#define MAP_GICD_SIZE 0x10000UL
#define MAP_ITS	      0x0a080000UL
#define MAP_ITS_SIZE  0x20000UL
#define MAP_DOORBELL  (MAP_ITS + 0x10040UL) /* GITS_TRANSLATER */
#define MAP_GICR      0x0b000000UL
#define MAP_GICR_EACH 0x20000UL

/* PCI: two windows of memory, and the configuration space of bus 0. */
#define MAP_MEM32      0x10000000UL
#define MAP_MEM32_SIZE 0x20000000UL
#define MAP_ECAM       0x30000000UL
#define MAP_ECAM_SIZE  0x100000UL
#define MAP_MEM64      0x8000000000UL
#define MAP_MEM64_SIZE 0x1000000000UL

#define MAP_RAM	    0x40000000UL
#define MAP_RAM_MAX (MAP_MEM64 - MAP_RAM)

/* SPIs, counted from 0, which are KVM's GSIs as well; MSIs have the GSIs behind them. */
#define SPI_UART  1
#define SPI_INTX  4  /* to 7, for INTA to INTD of slot 0 */
#define SPI_SMMU  74 /* to 76, by enum vsmmu_irq */
#define SPI_COUNT 96

/*
 * The DeviceID of the SMMU's own MSIs at the ITS. KVM's has 16 bits of them, and requester IDs of
 * bus 0 take 8 of these. Source: Linux arch/arm64/kvm/vgic/vgic.h, VITS_TYPER_DEVBITS
 */
#define SMMU_DEVICE_ID 0x100

#define VCPUS_MAX 16

#endif
