/* SPDX-License-Identifier: BSD-2-Clause */
/* The catalogue as a page of HTML that needs nothing else. Each entry's name is an anchor. */
#include <stdio.h>
#include <string.h>

#include "explain/writer.h"

static void put(const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", stdout);
			break;
		case '>':
			fputs("&gt;", stdout);
			break;
		case '&':
			fputs("&amp;", stdout);
			break;
		case '"':
			fputs("&quot;", stdout);
			break;
		default:
			putchar(*text);
		}
	}
}

static void put_anchor(const struct catalogue_entry *entry)
{
	for (const char *at = entry->name; *at; at++)
		putchar(*at == ' ' ? '-' : *at);
}

static void put_style(void)
{
	printf("<style>\n"
	       ":root { color-scheme: light dark; }\n"
	       "body { font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 0 auto;\n"
	       "  padding: 1rem; overflow-wrap: anywhere; }\n"
	       "h3 { margin: 2rem 0 0.3rem; font-family: ui-monospace, monospace; }\n"
	       "h3 a { color: inherit; text-decoration: none; }\n"
	       "h3 a:hover::after { content: \" #\"; opacity: 0.6; }\n"
	       "section:target { outline: 2px solid; outline-offset: 0.5rem; }\n"
	       "nav ul { columns: 16rem; padding-left: 1rem; list-style: none; }\n"
	       "p, ul, ol { margin: 0.3rem 0; }\n"
	       "</style>\n");
}

/* Links to all entries, by kind. */
static void put_index(void)
{
	const struct catalogue_entry *entry;
	int kind = -1;

	printf("<nav>\n");
	for (size_t i = 0; (entry = catalogue_get(i)); i++) {
		if ((int)entry->kind != kind)
			printf("%s<p><b>%s</b></p>\n<ul>\n", kind < 0 ? "" : "</ul>\n",
				kind_title(entry->kind));
		kind = (int)entry->kind;
		printf("<li><a href=\"#");
		put_anchor(entry);
		printf("\">");
		if (entry->kind == CATALOGUE_EVENT && entry->number >= 0)
			printf("0x%02x ", (unsigned int)entry->number);
		put(entry->name);
		printf("</a></li>\n");
	}
	printf("</ul>\n</nav>\n");
}

static void html_begin(const struct page *page)
{
	(void)page;
	printf("<!DOCTYPE html>\n"
	       "<html lang=\"en\">\n"
	       "<head>\n"
	       "<meta charset=\"utf-8\">\n"
	       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	       "<title>Events, errors and messages of SMMUv3</title>\n");
	put_style();
	printf("</head>\n"
	       "<body>\n"
	       "<h1>Events, errors and messages of SMMUv3</h1>\n"
	       "<p>All that an Arm SMMUv3 reports and that Linux' and Xen's drivers print: what\n"
	       "it means, what of it can be trusted, who is to be suspected, its usual causes and\n"
	       "what to do. <code>vsmmu explain</code> prints single entries, and\n"
	       "<code>vsmmu decode</code> chooses the causes that fit a record. Sections are\n"
	       "those of Arm IHI 0070. A message is shown as the format string that the driver\n"
	       "has.</p>\n");
	put_index();
}

static void html_part(const struct page *page, const char *title)
{
	(void)page;
	printf("<h2>%s</h2>\n", title);
}

static void html_entry(
	const struct page *page, const struct catalogue_entry *entry, const char *title)
{
	(void)page;
	printf("<section id=\"");
	put_anchor(entry);
	printf("\">\n<h3><a href=\"#");
	put_anchor(entry);
	printf("\">");
	put(title);
	printf("</a></h3>\n");
}

static void html_paragraph(const struct page *page, const char *label, const char *text)
{
	(void)page;
	printf("<p>");
	if (label)
		printf("<b>%s:</b> ", label);
	put(text);
	printf("</p>\n");
}

static void html_causes(const struct page *page, const char *heading,
	const struct catalogue_cause *const *causes, size_t count)
{
	(void)page;
	printf("<p><b>%s:</b></p>\n<ol>\n", heading);
	for (size_t i = 0; i < count; i++) {
		printf("<li>");
		put(causes[i]->text);
		if (causes[i]->look) {
			printf(". <i>Check:</i> ");
			put(causes[i]->look);
		}
		printf("</li>\n");
	}
	printf("</ol>\n");
}

static void html_end(const struct page *page)
{
	(void)page;
	printf("</section>\n");
}

static void html_last(const struct page *page)
{
	(void)page;
	printf("</body>\n</html>\n");
}

const struct writer writer_html = {
	.begin = html_begin,
	.part = html_part,
	.entry = html_entry,
	.paragraph = html_paragraph,
	.causes = html_causes,
	.end = html_end,
	.last = html_last,
};
