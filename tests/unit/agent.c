/*
 * The agent against a shield that plays a part: this program, started by
 * the channel as its own peer, answers from a script and writes down what
 * it was asked. So every answer a shield may give can be given, and what
 * the agent makes of it is read off its requests.
 */
#include "tests/unit/unit.h"

#include <signal.h>
#include <unistd.h>

#include "lib/agent/agent.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/proc/proc.h"

#define TEXT_MAX ((size_t)32 << 20)

/* --- the shield's part ---------------------------------------------------- */

static int play_turn(struct og_lines *in, const json_t *turn, FILE *log)
{
	struct og_err err = OG_ERR_INIT;
	json_t *request = NULL, *reply = json_copy(json_object_get(turn, "reply"));
	const char *verb = og_json_str(turn, "verb");
	struct og_buf out;
	size_t len;
	char *line;
	int rc = -1;

	og_buf_init(&out, TEXT_MAX);
	if (og_lines_next(in, OG_FOREVER, &line, &len, &err) == 1 &&
	    og_json_parse(line, len, TEXT_MAX, "request", &request, &err) == 0 &&
	    strcmp(og_json_str(request, "verb"), verb) == 0 && reply) {
		fprintf(log, "%s\n", line);
		json_object_set_new(reply, "v", json_integer(1));
		json_object_set(reply, "id", json_object_get(request, "id"));
		og_json_dump(reply, &out, &err);
		og_buf_addc(&out, '\n');
		rc = og_write_all(1, out.data, out.len);
	} else {
		fprintf(log, "{\"unexpected\":\"%s\"}\n",
			request ? og_json_str(request, "verb") : "");
	}
	fflush(log);
	og_buf_release(&out);
	json_decref(request);
	json_decref(reply);
	return rc;
}

/* path: the script, one {"verb","reply"} per line; path.log: the requests. */
static int play(const char *path)
{
	struct og_err err = OG_ERR_INIT;
	json_t *script = NULL, *turn;
	struct og_buf text, log_path;
	struct og_lines in;
	FILE *log;
	size_t i;

	og_buf_init(&text, TEXT_MAX);
	og_buf_init(&log_path, 4096);
	og_buf_addf(&log_path, "%s.log", path);
	log = fopen(log_path.data, "w");
	og_lines_init(&in, 0, TEXT_MAX);
	if (!log || og_file_read(path, "script", &text, &err) < 0 ||
	    og_json_parse(text.data, text.len, TEXT_MAX, "script", &script, &err) < 0)
		return 70;
	json_array_foreach(script, i, turn)
	{
		if (play_turn(&in, turn, log) < 0)
			break;
	}
	fclose(log);
	json_decref(script);
	og_buf_release(&text);
	og_buf_release(&log_path);
	og_lines_release(&in);
	return 0;
}

/* --- the stage ------------------------------------------------------------ */

struct scene {
	json_t *script;
	json_t *asked; /* the requests, after the run */
	struct og_agent_report report;
	struct og_budget_limits limits;
};

static void begin_scene(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	scene->script = json_array();
	scene->limits = (struct og_budget_limits){ 50, 3, 60 };
}

/* The next request must be verb; reply is JSON with ' for ". */
static void expect(struct scene *scene, const char *verb, const char *reply)
{
	struct og_err err = OG_ERR_INIT;
	json_t *parsed = NULL;
	char *text = strdup(reply);

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	OG_CHECK_OK(og_json_parse(text, strlen(text), TEXT_MAX, "reply", &parsed, &err), &err);
	json_array_append_new(scene->script, json_pack("{s:s,s:o}", "verb", verb, "reply", parsed));
	free(text);
}

static void read_log(struct scene *scene, const char *path)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;

	scene->asked = json_array();
	og_buf_init(&text, TEXT_MAX);
	OG_CHECK_OK(og_file_read(path, "log", &text, &err), &err);
	for (char *line = text.data, *end; *line; line = end + 1) {
		json_t *request = NULL;

		end = strchr(line, '\n');
		OG_CHECK_OK(
			og_json_parse(line, (size_t)(end - line), TEXT_MAX, "log", &request, &err),
			&err);
		json_array_append_new(scene->asked, request);
	}
	og_buf_release(&text);
}

static void run_scene(struct scene *scene, const char *envelope)
{
	char exe[4096] = "", path[] = "/tmp/og-agent-XXXXXX", log[64];
	struct og_shield_place place = { "local:", exe, path, NULL };
	struct og_channel *channel = NULL;
	struct og_err err = OG_ERR_INIT;
	int fd = mkstemp(path);

	OG_CHECK(fd >= 0 && readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	OG_CHECK_INT(json_dumpfd(scene->script, fd, 0), 0);
	close(fd);
	snprintf(log, sizeof(log), "%s.log", path);
	if (OG_CHECK_OK(og_channel_open(&place, &channel, &err), &err))
		og_agent_run(
			&(struct og_agent_means){ .channel = channel, .limits = &scene->limits },
			envelope, strlen(envelope), &scene->report);
	og_channel_close(channel);
	read_log(scene, log);
	/* The whole script was played, and nothing else was asked. */
	OG_CHECK_INT(json_array_size(scene->asked), json_array_size(scene->script));
	unlink(path);
	unlink(log);
}

static void end_scene(struct scene *scene)
{
	json_decref(scene->script);
	json_decref(scene->asked);
}

static const json_t *request(const struct scene *scene, size_t i)
{
	return json_array_get(scene->asked, i);
}

/* The last request, which a finished task ends with. */
static const json_t *finish(const struct scene *scene)
{
	return request(scene, json_array_size(scene->asked) - 1);
}

static const json_t *result(const struct scene *scene, const char *member)
{
	return json_object_get(json_object_get(finish(scene), "result"), member);
}

static void check_end(const struct scene *scene, const char *state, const char *reason)
{
	OG_CHECK_INT(scene->report.outcome, OG_OUTCOME_ACK);
	OG_CHECK_STR(scene->report.state, state);
	OG_CHECK_STR(og_json_str(finish(scene), "verb"), "task.finish");
	OG_CHECK_STR(og_json_str(finish(scene), "state"), state);
	OG_CHECK_STR(og_json_str(finish(scene), "reason"), reason);
	OG_CHECK_STR(json_string_value(result(scene, "state")), state);
	OG_CHECK_STR(json_string_value(result(scene, "reason")), reason);
}

/* "price done, pay failed": what the result says of the steps. */
static void check_list(const struct scene *scene, const char *list, const char *name,
		       const char *want)
{
	struct og_buf text;
	json_t *item;
	size_t i;

	og_buf_init(&text, 4096);
	json_array_foreach(result(scene, list), i, item)
		og_buf_addf(&text, "%s%s %s", i ? ", " : "", og_json_str(item, name),
			    og_json_str(item, "state"));
	OG_CHECK_STR(text.data, want);
	og_buf_release(&text);
}

#define ENVELOPE "{\"v\":1}"
#define BEGUN                                                                                      \
	"{'ok':true,'task':'T','epoch':4,'state':'running','principal':'charlie','text':'buy',"    \
	"'submitted':'2026-01-31T09:30:00.125Z','reason':'','done':[],'undone':[],'phase':'do'}"
#define MATCH                                                                                      \
	"{'ok':true,'match':{'skill':'p2p','hash':'h1','slots':{'quantity':2},'missing':[],"       \
	"'ambiguous':{}},'candidates':[]}"
/* price reads, order and pay write; order has an undo of its own. */
#define SKILL                                                                                      \
	"{'ok':true,'hash':'h1','skill':{'name':'p2p','next':[],'steps':["                         \
	"{'name':'price','blocks':[{'kind':'read','text':'SELECT 1'}]},"                           \
	"{'name':'order','blocks':[{'kind':'write','text':'W'},{'kind':'undo','text':'U'}]},"      \
	"{'name':'pay','blocks':[{'kind':'require','text':'R'},{'kind':'write','text':'W'}]}]}}"
#define FINISHED "{'ok':true,'result':{}}"
#define DENIED                                                                                     \
	"{'ok':false,'verdict':'deny','code':1,'rule':'require','why':'over the limit',"           \
	"'fix':'ask for less','step':'pay'}"

static void understand(struct scene *scene)
{
	expect(scene, "task.begin", BEGUN);
	expect(scene, "skill.match", MATCH);
	expect(scene, "skill.get", SKILL);
}

static void step_done(struct scene *scene, const char *name, const char *more)
{
	char reply[512];

	snprintf(reply, sizeof(reply), "{'ok':true,'step':'%s','affected':1,'seq':9%s}", name,
		 more);
	expect(scene, "step.run", reply);
}

/* --- scenes --------------------------------------------------------------- */

static void done(void)
{
	struct scene s;

	begin_scene(&s);
	understand(&s);
	step_done(&s, "price", ",'rows':{'price':[{'total':5}]},'citations':[{'policy':'law'}]");
	step_done(&s, "order", ",'citations':[{'policy':'law'},{'policy':'memo'}]");
	step_done(&s, "pay", ",'answer':'Bought.','view':{'kind':'saga'},'next':null");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "done", "");
	check_list(&s, "steps", "name", "price done, order done, pay done");
	OG_CHECK_STR(s.report.skill, "p2p");
	OG_CHECK_STR(s.report.principal, "charlie");
	OG_CHECK_STR(og_json_str(request(&s, 0), "agent"), "og-worker/skill");
	/* Slots go with the first step only; task and epoch with all. */
	OG_CHECK(json_object_get(request(&s, 3), "slots") != NULL);
	OG_CHECK(json_object_get(request(&s, 4), "slots") == NULL);
	OG_CHECK_INT(og_json_int(request(&s, 5), "epoch", 0), 4);
	OG_CHECK_STR(og_json_str(request(&s, 5), "hash"), "h1");
	OG_CHECK_STR(json_string_value(result(&s, "answer")), "Bought.");
	OG_CHECK_INT(json_array_size(result(&s, "citations")), 2);
	OG_CHECK_INT(json_array_size(json_object_get(result(&s, "data"), "price")), 1);
	OG_CHECK_STR(og_json_str(result(&s, "view"), "kind"), "saga");
	OG_CHECK_STR(json_string_value(result(&s, "submitted")), "2026-01-31T09:30:00.125Z");
	end_scene(&s);
}

static void action(void)
{
	struct scene s;

	begin_scene(&s);
	expect(&s, "task.begin",
	       "{'ok':true,'task':'T','epoch':1,'state':'running','principal':'bob','done':[],"
	       "'undone':[],'phase':'do','action':{'skill':'p2p','params':{'quantity':1}}}");
	expect(&s, "skill.get",
	       "{'ok':true,'hash':'h1','skill':{'name':'p2p','next':['ship'],"
	       "'steps':[{'name':'a','blocks':[]}]}}");
	step_done(&s, "a", "");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "done", "");
	OG_CHECK_STR(json_string_value(result(&s, "text")), "p2p");
	OG_CHECK_INT(og_json_int(json_object_get(request(&s, 2), "slots"), "quantity", 0), 1);
	/* Where the skill leads is offered, not taken. */
	OG_CHECK_STR(og_json_str(json_array_get(result(&s, "actions"), 0), "skill"), "ship");
	end_scene(&s);
}

static void no_skill(void)
{
	struct scene s;

	begin_scene(&s);
	expect(&s, "task.begin", BEGUN);
	expect(&s, "skill.match",
	       "{'ok':true,'match':null,'candidates':[{'skill':'a','score':0.2},"
	       "{'skill':'b','score':0.1},{'skill':'c','score':0},{'skill':'d','score':0}]}");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "denied", "no_skill: no skill fits this sentence; nearest: a, b, c");
	OG_CHECK_INT(json_array_size(json_object_get(result(&s, "data"), "nearest")), 4);
	OG_CHECK(json_is_null(result(&s, "skill")));
	end_scene(&s);
}

static void check_slots(const char *missing, const char *reason)
{
	char reply[512];
	struct scene s;

	snprintf(reply, sizeof(reply),
		 "{'ok':true,'match':{'skill':'p2p','hash':'h1','slots':{},%s},'candidates':[]}",
		 missing);
	begin_scene(&s);
	expect(&s, "task.begin", BEGUN);
	expect(&s, "skill.match", reply);
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "denied", reason);
	OG_CHECK_STR(json_string_value(result(&s, "skill")), "p2p");
	end_scene(&s);
}

static void slots(void)
{
	check_slots("'missing':['product']", "missing_slot: the sentence does not say 'product'");
	check_slots("'missing':['product'],'ambiguous':{'product':['Chair','Desk']}",
		    "ambiguous_slot: 'product' may be any of Chair, Desk");
	check_slots("'missing':['product'],'unknown':{'product':'unicorn'}",
		    "unknown_value: there is no product called 'unicorn'");
}

static void compensated(void)
{
	struct scene s;

	begin_scene(&s);
	understand(&s);
	step_done(&s, "price", "");
	step_done(&s, "order", "");
	expect(&s, "step.run", DENIED);
	expect(&s, "saga.undo", "{'ok':true,'undone':'order','next':'price','how':'sql'}");
	expect(&s, "saga.undo", "{'ok':true,'undone':'price','next':null,'how':'none'}");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "compensated", "over the limit");
	check_list(&s, "steps", "name", "price done, order undone, pay failed");
	check_list(&s, "compensation", "step", "order undone, price nothing");
	OG_CHECK_STR(og_json_str(request(&s, 6), "reason"), "over the limit");
	OG_CHECK_STR(og_json_str(result(&s, "refusal"), "rule"), "require");
	OG_CHECK_STR(og_json_str(result(&s, "refusal"), "fix"), "ask for less");
	end_scene(&s);
}

/* Nothing that writes was tried: nothing is asked to be taken back. */
static void denied(void)
{
	struct scene s;

	begin_scene(&s);
	understand(&s);
	expect(&s, "step.run", DENIED);
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "denied", "over the limit");
	check_list(&s, "steps", "name", "price failed, order skipped, pay skipped");
	end_scene(&s);
}

static void undo_refused(void)
{
	struct scene s;

	begin_scene(&s);
	understand(&s);
	step_done(&s, "price", "");
	step_done(&s, "order", "");
	expect(&s, "step.run", DENIED);
	expect(&s, "saga.undo",
	       "{'ok':false,'verdict':'deny','code':1,'rule':'refused','why':'a row changed since',"
	       "'step':'order'}");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "compensation_failed",
		  "compensation of step 'order' failed: a row changed since "
		  "(after: over the limit)");
	check_list(&s, "compensation", "step", "order failed");
	end_scene(&s);
}

/* What the shield says of itself is not said of the task. */
static void trouble(void)
{
	static const char full[] = "{'ok':false,'verdict':'error','code':71,'rule':'failed',"
				   "'why':'cannot change: database or disk is full'}";
	static const char locked[] = "{'ok':false,'verdict':'error','code':75,'rule':'failed',"
				     "'why':'database is locked'}";
	struct scene s;

	begin_scene(&s);
	understand(&s);
	step_done(&s, "price", "");
	step_done(&s, "order", "");
	expect(&s, "step.run", DENIED);
	expect(&s, "saga.undo", full);
	run_scene(&s, ENVELOPE);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_TROUBLE);
	OG_CHECK_INT(s.report.code, OG_EOS);
	end_scene(&s);

	begin_scene(&s);
	expect(&s, "task.begin", full);
	run_scene(&s, ENVELOPE);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_TROUBLE);
	end_scene(&s);

	begin_scene(&s);
	understand(&s);
	expect(&s, "step.run", locked);
	run_scene(&s, ENVELOPE);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_TROUBLE);
	OG_CHECK_INT(s.report.code, OG_ETEMP);
	end_scene(&s);

	begin_scene(&s);
	expect(&s, "task.begin", BEGUN);
	expect(&s, "skill.match", "{'ok':true,'match':null,'candidates':[]}");
	expect(&s, "task.finish", full);
	run_scene(&s, ENVELOPE);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_TROUBLE);
	end_scene(&s);
}

static enum og_outcome outcome_of_begin(const char *reply)
{
	enum og_outcome outcome;
	struct scene s;

	begin_scene(&s);
	expect(&s, "task.begin", reply);
	run_scene(&s, ENVELOPE);
	outcome = s.report.outcome;
	end_scene(&s);
	return outcome;
}

static void beginnings(void)
{
	OG_CHECK_INT(outcome_of_begin("{'ok':false,'verdict':'deny','code':1,'rule':'signature',"
				      "'why':'not signed'}"),
		     OG_OUTCOME_DEAD);
	OG_CHECK_INT(outcome_of_begin("{'ok':false,'verdict':'error','code':65,'rule':'malformed',"
				      "'why':'no envelope'}"),
		     OG_OUTCOME_DEAD);
	OG_CHECK_INT(outcome_of_begin("{'ok':false,'verdict':'error','code':70,'rule':'failed',"
				      "'why':'our bug'}"),
		     OG_OUTCOME_RETRY);
	OG_CHECK_INT(outcome_of_begin("{'ok':true,'applied':true,'task':'T'}"), OG_OUTCOME_ACK);
	OG_CHECK_INT(outcome_of_begin("{'ok':true,'task':'T','same_as':'T','epoch':0,"
				      "'state':'running'}"),
		     OG_OUTCOME_ACK);
	OG_CHECK_INT(outcome_of_begin("{'ok':true,'task':'T','epoch':2,'state':'done',"
				      "'result':{}}"),
		     OG_OUTCOME_ACK);
}

static void not_an_envelope(void)
{
	struct scene s;

	begin_scene(&s);
	run_scene(&s, "{\"v\":1,");
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_DEAD);
	end_scene(&s);
}

static void shield_dies(void)
{
	struct scene s;

	begin_scene(&s);
	understand(&s);
	step_done(&s, "price", "");
	json_array_append_new(s.script, json_pack("{s:s}", "verb", "step.run")); /* no reply */
	run_scene(&s, ENVELOPE);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_RETRY);
	OG_CHECK_STR(s.report.task, "T");
	end_scene(&s);
}

static void taken_over(void)
{
	struct scene s;

	begin_scene(&s);
	understand(&s);
	expect(&s, "step.run",
	       "{'ok':false,'verdict':'conflict','code':1,'rule':'stale-epoch','why':'stale'}");
	run_scene(&s, ENVELOPE);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_LOST);
	end_scene(&s);
}

/* The sentence reads as another skill today; the task stays what it was. */
static void resumed(void)
{
	struct scene s;

	begin_scene(&s);
	expect(&s, "task.begin",
	       "{'ok':true,'task':'T','epoch':5,'state':'running','principal':'charlie',"
	       "'text':'buy','reason':'','done':['price'],'undone':[],'phase':'do',"
	       "'skill':'p2p','skill_hash':'h1'}");
	expect(&s, "skill.match",
	       "{'ok':true,'match':null,'candidates':[{'skill':'x','score':1}]}");
	expect(&s, "skill.get", SKILL);
	expect(&s, "step.run",
	       "{'ok':false,'verdict':'conflict','code':1,'rule':'other-content','why':'other'}");
	step_done(&s, "order", "");
	step_done(&s, "pay", "");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "done", "");
	check_list(&s, "steps", "name", "price done, order done, pay done");
	OG_CHECK_STR(og_json_str(request(&s, 2), "hash"), "h1");
	OG_CHECK(json_object_get(result(&s, "data"), "nearest") == NULL);
	OG_CHECK_STR(json_string_value(result(&s, "answer")), "");
	end_scene(&s);
}

static void resumed_undo(const char *why, const char *state, const char *steps)
{
	char begun[512];
	struct scene s;

	snprintf(begun, sizeof(begun),
		 "{'ok':true,'task':'T','epoch':5,'state':'running','principal':'charlie',"
		 "'text':'buy','reason':'%s','done':['price','order'],'undone':['order'],"
		 "'phase':'undo','skill':'p2p','skill_hash':'h1'}",
		 why);
	begin_scene(&s);
	expect(&s, "task.begin", begun);
	expect(&s, "skill.get", SKILL);
	expect(&s, "saga.undo", "{'ok':true,'undone':'price','next':null,'how':'none'}");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, state, why);
	check_list(&s, "steps", "name", steps);
	check_list(&s, "compensation", "step", "order undone, price nothing");
	end_scene(&s);
}

static void resumed_in_undo(void)
{
	resumed_undo("over the limit", "compensated", "price done, order undone, pay failed");
	resumed_undo("SYSTEM_INTERRUPT: limit of steps reached (51 of 50)", "interrupted",
		     "price done, order undone, pay skipped");
}

static void cancelled(void)
{
	struct scene s;

	begin_scene(&s);
	expect(&s, "task.begin",
	       "{'ok':true,'task':'T','epoch':1,'state':'cancelled','principal':'charlie',"
	       "'text':'buy','reason':'','done':[],'undone':[],'phase':'do'}");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "cancelled", "cancelled by its principal");
	end_scene(&s);

	begin_scene(&s);
	understand(&s);
	step_done(&s, "price", "");
	step_done(&s, "order", "");
	expect(&s, "step.run",
	       "{'ok':false,'verdict':'deny','code':1,'rule':'cancelled','why':'it was'}");
	expect(&s, "saga.undo", "{'ok':true,'undone':'order','next':null,'how':'sql'}");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "cancelled", "cancelled by its principal");
	check_list(&s, "compensation", "step", "order undone");
	end_scene(&s);
}

static void loops(void)
{
	struct scene s;
	const json_t *row;

	begin_scene(&s);
	expect(&s, "task.begin", BEGUN);
	expect(&s, "skill.match", MATCH);
	expect(&s, "skill.get",
	       "{'ok':true,'hash':'h1','skill':{'name':'p2p','next':['p2p'],'steps':["
	       "{'name':'ask','blocks':[{'kind':'read','text':'SELECT 1'}]}]}}");
	for (int i = 0; i < 3; i++)
		step_done(&s, "ask", ",'rows':{'n':[{'n':7}]}");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "interrupted", "SYSTEM_INTERRUPT: limit of repeats reached (3 of 3)");
	/* Three rounds, one answer. */
	OG_CHECK_INT(json_array_size(json_object_get(result(&s, "data"), "n")), 1);
	check_list(&s, "steps", "name", "ask done");
	row = json_array_get(json_object_get(result(&s, "data"), "interrupt"), 0);
	OG_CHECK_STR(og_json_str(row, "statement"), "SELECT 1");
	OG_CHECK_INT(og_json_int(row, "reached", 0), 3);
	end_scene(&s);
}

/* A limit that trips after something was written: it is taken back. */
static void interrupted(void)
{
	struct scene s;

	begin_scene(&s);
	s.limits.steps = 1;
	understand(&s);
	step_done(&s, "price", "");
	step_done(&s, "order", "");
	expect(&s, "saga.undo", "{'ok':true,'undone':'order','next':'price','how':'sql'}");
	expect(&s, "saga.undo", "{'ok':true,'undone':'price','next':null,'how':'none'}");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "interrupted", "SYSTEM_INTERRUPT: limit of steps reached (2 of 1)");
	check_list(&s, "steps", "name", "price done, order undone, pay skipped");
	end_scene(&s);
}

/* Text that has to be cut is cut at a character: it stays JSON. */
static void long_refusal(void)
{
	struct scene s;
	struct og_buf reply;

	og_buf_init(&reply, 65536);
	og_buf_adds(&reply, "{'ok':false,'verdict':'deny','code':1,'rule':'require','why':'x");
	for (int i = 0; i < 1000; i++)
		og_buf_adds(&reply, "\xe2\x82\xac");
	og_buf_adds(&reply, "'}");
	begin_scene(&s);
	understand(&s);
	expect(&s, "step.run", reply.data);
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_ACK);
	OG_CHECK(og_utf8_valid(s.report.why, strlen(s.report.why)));
	OG_CHECK(strlen(s.report.why) > 400);
	end_scene(&s);
	og_buf_release(&reply);
}

/* More rows than a result may hold: how it ended is known all the same. */
static void too_many_rows(void)
{
	struct scene s;
	struct og_buf reply;

	og_buf_init(&reply, TEXT_MAX);
	og_buf_adds(&reply, "{'ok':true,'affected':0,'rows':{'big':[{'x':'");
	for (int i = 0; i < 5 << 20; i++)
		og_buf_addc(&reply, 'x');
	og_buf_adds(&reply, "'}]}}");
	begin_scene(&s);
	understand(&s);
	for (int i = 0; i < 3; i++)
		expect(&s, "step.run", reply.data);
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	check_end(&s, "done", "");
	OG_CHECK_INT(json_object_size(result(&s, "data")), 0);
	OG_CHECK(strstr(json_string_value(result(&s, "next")), "ask for fewer") != NULL);
	end_scene(&s);
	og_buf_release(&reply);
}

static void finish_refused(void)
{
	struct scene s;

	begin_scene(&s);
	expect(&s, "task.begin", BEGUN);
	expect(&s, "skill.match", "{'ok':true,'match':null,'candidates':[]}");
	expect(&s, "task.finish",
	       "{'ok':false,'verdict':'conflict','code':1,'rule':'state','why':'it may not'}");
	run_scene(&s, ENVELOPE);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_RETRY);
	OG_CHECK_STR(s.report.why, "it may not");
	end_scene(&s);
}

/* Not yet: at the door, at a step, or again after a redelivery. */
static void waiting(void)
{
	static const char *const begins[] = {
		"{'ok':false,'verdict':'wait','code':75,'rule':'not-before','why':'not before 9',"
		"'delay_ms':1234}",
		"{'ok':true,'task':'T','epoch':4,'state':'waiting','principal':'charlie',"
		"'waits':{'why':'somebody has to approve'},'delay_ms':1234}",
	};
	struct scene s;

	for (size_t i = 0; i < 2; i++) {
		begin_scene(&s);
		expect(&s, "task.begin", begins[i]);
		run_scene(&s, ENVELOPE);
		OG_CHECK_INT(s.report.outcome, OG_OUTCOME_WAITING);
		OG_CHECK_INT(s.report.delay_ms, 1234);
		OG_CHECK_STR(s.report.state, "waiting");
		OG_CHECK_STR(s.report.why, i ? "somebody has to approve" : "not before 9");
		end_scene(&s);
	}
	begin_scene(&s);
	understand(&s);
	step_done(&s, "price", "");
	expect(&s, "step.run",
	       "{'ok':false,'verdict':'wait','code':75,'rule':'approval','why':'ask the boss',"
	       "'delay_ms':99}");
	run_scene(&s, ENVELOPE);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_WAITING);
	OG_CHECK_INT(s.report.delay_ms, 99);
	OG_CHECK_STR(s.report.task, "T");
	OG_CHECK_STR(s.report.why, "ask the boss");
	end_scene(&s);
}

/* What was said lets another task go on. */
static void lets_another_go_on(void)
{
	struct scene s;

	begin_scene(&s);
	expect(&s, "task.begin",
	       "{'ok':true,'applied':true,'task':'T','resume':{'id':'T','text':'buy'}}");
	run_scene(&s, ENVELOPE);
	OG_CHECK_INT(s.report.outcome, OG_OUTCOME_ACK);
	OG_CHECK_STR(s.report.state, "applied");
	OG_CHECK_STR(s.report.resume_id, "T");
	OG_CHECK_STR(s.report.resume, "{\"id\":\"T\",\"text\":\"buy\"}");
	og_agent_report_release(&s.report);
	OG_CHECK(s.report.resume == NULL);
	end_scene(&s);
}

/* A clock that is ahead is a line in the result. */
static void clocks_disagree(void)
{
	struct scene s;

	begin_scene(&s);
	expect(&s, "task.begin",
	       "{'ok':true,'task':'T','epoch':4,'state':'running','principal':'charlie',"
	       "'text':'x','submitted':'2026-01-31T09:30:00.125Z','reason':'','done':[],"
	       "'undone':[],'phase':'do','skew_ms':61500}");
	expect(&s, "skill.match", "{'ok':true,'match':null,'candidates':[]}");
	expect(&s, "task.finish", FINISHED);
	run_scene(&s, ENVELOPE);
	OG_CHECK_INT(s.report.skew_ms, 61500);
	OG_CHECK_STR(og_json_str(json_array_get(result(&s, "trace"), 0), "details"),
		     "submitted 61.5 s in the future: two clocks disagree");
	end_scene(&s);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 4 && strcmp(argv[1], "--channel") == 0)
		return play(argv[3]);
	OG_RUN(done);
	OG_RUN(action);
	OG_RUN(no_skill);
	OG_RUN(slots);
	OG_RUN(compensated);
	OG_RUN(denied);
	OG_RUN(undo_refused);
	OG_RUN(trouble);
	OG_RUN(beginnings);
	OG_RUN(not_an_envelope);
	OG_RUN(shield_dies);
	OG_RUN(taken_over);
	OG_RUN(resumed);
	OG_RUN(resumed_in_undo);
	OG_RUN(cancelled);
	OG_RUN(loops);
	OG_RUN(interrupted);
	OG_RUN(long_refusal);
	OG_RUN(too_many_rows);
	OG_RUN(finish_refused);
	OG_RUN(waiting);
	OG_RUN(lets_another_go_on);
	OG_RUN(clocks_disagree);
	return og_done();
}
