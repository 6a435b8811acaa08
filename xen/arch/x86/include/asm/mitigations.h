/* SPDX-License-Identifier: GPL-2.0-only */
/* What is done against leaks through speculation, by CPU model. */
#ifndef ASM_MITIGATIONS_H
#define ASM_MITIGATIONS_H

struct vcpu;

/* mitigations_select - choose what this machine needs (boot, before alternatives_apply()). */
void mitigations_select(void);
/* mitigations_switch - before @next's domain runs on this CPU after another's did. */
void mitigations_switch(const struct vcpu *next);

#endif /* ASM_MITIGATIONS_H */
