/* Options for drawings, and a drawing on standard output. */
#include "cmd/og-draw.h"

int og_draw_asked(const struct og_args *args, og_draw_fn **ret, struct og_err *err)
{
	static const struct {
		const char *name;
		og_draw_fn *draw;
	} forms[] = { { "dot", og_draw_dot },
		      { "mermaid", og_draw_mermaid },
		      { "svg", og_draw_svg },
		      { "html", og_draw_page } };
	const char *first = NULL;

	*ret = NULL;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (!og_arg_flag(args, forms[i].name))
			continue;
		if (first)
			return og_fail(err, OG_EUSAGE, "--%s and --%s exclude each other", first,
				       forms[i].name);
		first = forms[i].name;
		*ret = forms[i].draw;
	}
	return 0;
}

int og_draw_print(og_draw_fn *draw, const json_t *drawing, struct og_err *err)
{
	struct og_buf buf;
	int rc;

	og_buf_init(&buf, OG_DRAW_MAX);
	rc = draw(drawing, &buf, err);
	if (rc == 0)
		rc = og_print_verbatim(buf.data, buf.len, err);
	og_buf_release(&buf);
	return rc;
}
