/* SPDX-License-Identifier: BSD-2-Clause */
/* The catalogue as a manual page, in the language of scdoc(5). */
#include <stdio.h>
#include <string.h>

#include "explain/writer.h"

/* What begins a formatting in scdoc is quoted. */
static void put(const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*_", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void scdoc_begin(const struct page *page)
{
	(void)page;
	printf("vsmmu-events(7)\n"
	       "\n"
	       "; SPDX-License-Identifier: BSD-2-Clause\n"
	       "; Made by \"vsmmu explain --format scdoc\".\n"
	       "\n"
	       "# NAME\n"
	       "\n"
	       "vsmmu-events - events, errors and messages of SMMUv3\n"
	       "\n"
	       "# DESCRIPTION\n"
	       "\n"
	       "All that an Arm SMMUv3 reports and that Linux' and Xen's drivers print: what it\n"
	       "means, what of it can be trusted, who is to be suspected, its usual causes and\n"
	       "what to do. *vsmmu explain* prints single entries, and *vsmmu decode* chooses the\n"
	       "causes that fit a record. Sections are those of Arm IHI 0070. A message is shown\n"
	       "as the format string that the driver has.\n"
	       "\n");
}

static void scdoc_part(const struct page *page, const char *title)
{
	(void)page;
	printf("# ");
	for (; *title; title++)
		putchar(*title >= 'a' && *title <= 'z' ? *title - 'a' + 'A' : *title);
	printf("\n\n");
}

static void scdoc_entry(
	const struct page *page, const struct catalogue_entry *entry, const char *title)
{
	(void)page;
	(void)entry;
	printf("## ");
	put(title);
	printf("\n\n");
}

static void scdoc_paragraph(const struct page *page, const char *label, const char *text)
{
	(void)page;
	if (label)
		printf("*%s*: ", label);
	put(text);
	printf("\n\n");
}

static void scdoc_causes(const struct page *page, const char *heading,
	const struct catalogue_cause *const *causes, size_t count)
{
	(void)page;
	printf("*%s*:\n\n", heading);
	for (size_t i = 0; i < count; i++) {
		printf("- ");
		put(causes[i]->text);
		if (causes[i]->look) {
			printf(". Check: ");
			put(causes[i]->look);
		}
		printf("\n");
	}
	printf("\n");
}

static void scdoc_end(const struct page *page)
{
	(void)page;
	printf("\n");
}

static void scdoc_last(const struct page *page)
{
	(void)page;
	printf("# SEE ALSO\n\n*vsmmu-explain*(1), *vsmmu-decode*(1), *vsmmu-veventq*(7)\n");
}

const struct writer writer_scdoc = {
	.begin = scdoc_begin,
	.part = scdoc_part,
	.entry = scdoc_entry,
	.paragraph = scdoc_paragraph,
	.causes = scdoc_causes,
	.end = scdoc_end,
	.last = scdoc_last,
};
