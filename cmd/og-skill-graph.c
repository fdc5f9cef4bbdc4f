/* og-skill graph: the edges between skills, as text or drawn. */
#include "cmd/og-draw.h"
#include "cmd/og-skill.h"
#include "lib/skill/show.h"

static int print_text(const json_t *skills, struct og_err *err)
{
	struct og_buf buf;

	og_buf_init(&buf, OG_CHANNEL_LINE_MAX);
	if (og_graph_text(skills, &buf, err) == 0)
		return skill_print_buf(&buf, err);
	og_buf_release(&buf);
	return -1;
}

int skill_run_graph(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *reply = NULL, *drawing = NULL;
	const json_t *skills;
	og_draw_fn *draw;
	int rc;

	if (og_draw_asked(args, &draw, err) < 0 ||
	    skill_ask(ctx, args, "skill.list", json_object(), &reply, err) < 0)
		return -1;
	skills = json_object_get(reply, "skills");
	if (!draw)
		rc = print_text(skills, err);
	else if ((rc = og_graph_drawing(skills, "skills", &drawing, err)) == 0)
		rc = og_draw_print(draw, drawing, err);
	json_decref(drawing);
	json_decref(reply);
	return rc;
}
