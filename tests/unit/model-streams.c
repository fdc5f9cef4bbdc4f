/*
 * What language models answer, in streams, and what no server should say.
 */
#include "tests/unit/models.h"

/* --- streams --- */

/* Events with apostrophes for quotes, one per line. */
static json_t *streamed(const struct og_model *model, const char *events)
{
	char *copy = strdup(events);
	json_t *answer = NULL;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	OG_CHECK_OK(og_model_streamed(model, copy, strlen(copy), &answer, &err), &err);
	free(copy);
	return answer;
}

static void streamed_is(const struct og_model *model, const char *events, const char *want)
{
	json_t *answer = streamed(model, events);

	same(answer, want);
	json_decref(answer);
}

static void streams_gemini(void)
{
	struct og_model model = gemini();

	/* Texts that follow each other become one; thoughts, calls and what is
	 * signed stay apart. Usage is the last one's. */
	streamed_is(
		&model,
		"{'candidates':[{'content':{'role':'model','parts':[{'text':'h','thought':true},"
		"{'text':'m','thought':true}]}}],'usageMetadata':{'promptTokenCount':5}}\n"
		"{'candidates':[{'content':{'role':'model','parts':[{'text':'I '}]}},"
		"{'index':1,'content':{'parts':[{'text':'another'}]}}]}\n\n"
		"{'candidates':[{'content':{'parts':[{'text':'look'},"
		"{'text':'.','thoughtSignature':'A='},{'text':' S'}]}}]}\r\n"
		"{'candidates':[{'content':{'parts':[{'functionCall':{'name':'read'},"
		"'thoughtSignature':'B='}]}}]}\n"
		"{'candidates':[{'content':{'parts':[{'functionCall':{'name':'read'}}]},"
		"'finishReason':'STOP'}],'usageMetadata':{'promptTokenCount':5,"
		"'candidatesTokenCount':7},'modelVersion':'v','responseId':'r'}",
		"{'raw':{'role':'model','parts':[{'text':'hm','thought':true},{'text':'I look'},"
		"{'text':'.','thoughtSignature':'A='},{'text':' S'},{'functionCall':{'name':"
		"'read'},'thoughtSignature':'B='},{'functionCall':{'name':'read'}}]},"
		"'text':'I look. S','calls':[{'name':'read','arguments':{}},"
		"{'name':'read','arguments':{}}],'stop':'end','usage':{'input':5,'cached':0,"
		"'output':7},'model':'v','id':'r'}");
	streamed_is(
		&model, "{'promptFeedback':{'blockReason':'OTHER'}}\n",
		"{'raw':null,'text':'','calls':[],'stop':'blocked','why':'OTHER','usage':null}");
}

static void streams_openai(void)
{
	struct og_model model = openai();

	/* Pieces told apart by index; a signature of Gemini's door is kept. */
	streamed_is(
		&model,
		"{'id':'i','model':'m','choices':[{'delta':{'role':'assistant','content':null}}]}\n"
		"{'choices':[{'delta':{'content':'So'}}]}\n"
		"{'choices':[{'delta':{'tool_calls':[{'index':0,'id':'a','type':'function',"
		"'function':{'name':'read','arguments':''},'extra_content':{'google':"
		"{'thought_signature':'A='}}}]}}]}\n"
		"{'choices':[{'delta':{'tool_calls':[{'index':1,'id':'b','function':"
		"{'name':'finish','arguments':'{'}}]}}]}\n"
		"{'choices':[{'delta':{'tool_calls':[{'index':0,'function':{'arguments':"
		"'{\\\"a\\\":'}},{'index':1,'function':{'arguments':'}'}}]}}]}\n"
		"{'choices':[{'delta':{'content':'.','tool_calls':[{'index':0,'id':'a','function':"
		"{'name':'read','arguments':'1}'}}]}}]}\n"
		"{'choices':[{'delta':{},'finish_reason':'tool_calls'}]}\n"
		"{'choices':[],'usage':{'prompt_tokens':3,'completion_tokens':4}}\n[DONE]\n",
		"{'raw':{'role':'assistant','content':'So.','tool_calls':[{'id':'a','type':"
		"'function','function':{'name':'read','arguments':'{\\\"a\\\":1}'},"
		"'extra_content':{'google':{'thought_signature':'A='}}},{'id':'b','type':"
		"'function','function':{'name':'finish','arguments':'{}'}}]},'text':'So.',"
		"'calls':[{'id':'a','name':'read','arguments':{'a':1}},{'id':'b','name':'finish',"
		"'arguments':{}}],'stop':'end','usage':{'input':3,'cached':0,'output':4},"
		"'model':'m','id':'i'}");
	/* Whole calls without an index; two of one index but other ids. */
	streamed_is(
		&model,
		"{'choices':[{'delta':{'tool_calls':[{'id':'a','function':{'name':'f',"
		"'arguments':'{}'}},{'id':'b','function':{'name':'f','arguments':'{}'}}]}}]}\n"
		"{'choices':[{'delta':{'tool_calls':[{'index':0,'id':'c','function':{'name':'f',"
		"'arguments':'{}'}},{'index':0,'id':'d','function':{'name':'f','arguments':"
		"'{}'}}]}}]}\n[DONE]",
		"{'raw':{'role':'assistant','content':null,'tool_calls':["
		"{'id':'a','type':'function','function':{'name':'f','arguments':'{}'}},"
		"{'id':'b','type':'function','function':{'name':'f','arguments':'{}'}},"
		"{'id':'c','type':'function','function':{'name':'f','arguments':'{}'}},"
		"{'id':'d','type':'function','function':{'name':'f','arguments':'{}'}}]},"
		"'text':'','calls':[{'id':'a','name':'f','arguments':{}},{'id':'b','name':'f',"
		"'arguments':{}},{'id':'c','name':'f','arguments':{}},{'id':'d','name':'f',"
		"'arguments':{}}],'stop':'end','usage':null}");
	/* What it thinks goes back to servers that want it, and is no text. */
	streamed_is(&model,
		    "{'choices':[{'delta':{'reasoning_content':'h'}}]}\n"
		    "{'choices':[{'delta':{'reasoning_content':'m','content':[{'type':'thinking'},"
		    "{'type':'text','text':'a'}]}}]}\n"
		    "{'choices':[{'index':1,'delta':{'content':'another'}}]}\n"
		    "{'choices':[{'delta':{'content':'b'},'finish_reason':'length'}],"
		    "'x_groq':{'usage':{'prompt_tokens':3,'completion_tokens':4}}}\n",
		    "{'raw':{'role':'assistant','content':'ab','reasoning_content':'hm'},"
		    "'text':'ab','calls':[],'stop':'length','why':'length',"
		    "'usage':{'input':3,'cached':0,'output':4}}");
	streamed_is(&model,
		    "{'choices':[{'delta':{'refusal':'I can'}}]}\n"
		    "{'choices':[{'delta':{'refusal':'not'},'finish_reason':'stop'}]}\n",
		    "{'raw':null,'text':'','calls':[],'stop':'refused','why':'I cannot',"
		    "'usage':null}");
}

/* The old single call, in pieces. */
static void streams_old_calls(void)
{
	struct og_model model = openai();
	json_t *answer =
		streamed(&model, "{'choices':[{'delta':{'function_call':{'name':'f','arguments':"
				 "'{\\\"a\\\":'}}}]}\n"
				 "{'choices':[{'delta':{'function_call':{'arguments':'1}'}},"
				 "'finish_reason':'function_call'}]}\n");

	check_ids(answer);
	same(json_object_get(json_array_get(json_object_get(answer, "calls"), 0), "arguments"),
	     "{'a':1}");
	json_decref(answer);
}

/* A stream is no answer before its end, or with an error in it. */
static void streams_end(void)
{
	static const char *const wrong[] = {
		"",
		"\n\n",
		"{}",
		"[]",
		"{",
		"1\n",
		"data: {}",
		"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n",
		"{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n",
		"{\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n"
		"{\"error\":{\"message\":\"overloaded\"}}\n",
	};
	struct og_model models[] = { gemini(), openai() };
	json_t *answer = NULL;

	for (size_t i = 0; i < 2 * sizeof(wrong) / sizeof(*wrong); i++) {
		og_err_clear(&err);
		if (!OG_CHECK(og_model_streamed(&models[i % 2], wrong[i / 2], strlen(wrong[i / 2]),
						&answer, &err) < 0))
			printf("# %s\n", wrong[i / 2]);
		OG_CHECK_INT(err.code, OG_EDATA);
		OG_CHECK(err.msg[0]);
	}
	OG_CHECK(strstr(err.msg, "overloaded"));
}

/* A text of many pieces, each small: time goes with its length. */
static void streams_long_texts(void)
{
	struct og_model model = openai();
	struct og_buf events;
	json_t *answer = NULL;

	og_buf_init(&events, OG_MODEL_STREAM_MAX);
	for (int i = 0; i < 50000; i++)
		og_buf_adds(&events, "{\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n");
	og_buf_adds(&events, "[DONE]\n");
	OG_CHECK_OK(og_model_streamed(&model, events.data, events.len, &answer, &err), &err);
	OG_CHECK_INT(json_string_length(json_object_get(answer, "text")), 250000);
	json_decref(answer);
	og_buf_release(&events);
}

/* --- hostile answers --- */

#define HOSTILE "tests/hostile/model/"

/* "gemini-...", "openai-...": the dialect; "...-stream...": how. What comes of
 * them: "error", or how the turn stops. */
static void hostile_is(const char *name, const char *want)
{
	struct og_model model = strncmp(name, "gemini-", 7) == 0 ? gemini() : openai();
	struct og_buf text;
	json_t *answer = NULL;
	char path[256];
	int rc;

	og_buf_init(&text, OG_MODEL_STREAM_MAX);
	snprintf(path, sizeof(path), HOSTILE "%s", name);
	if (!OG_CHECK_OK(og_file_read(path, name, &text, &err), &err))
		return;
	og_err_clear(&err);
	rc = strstr(name, "-stream") ? og_model_streamed(&model, text.data, text.len, &answer, &err)
				     : og_model_answer(&model, text.data, text.len, &answer, &err);
	if (!OG_CHECK_STR(rc < 0 ? "error" : og_json_str(answer, "stop"), want))
		printf("# %s: %s\n", name, err.msg);
	OG_CHECK(rc == 0 || (err.code == OG_EDATA && err.msg[0]));
	if (answer)
		free(canon(answer)); /* it can be kept */
	json_decref(answer);
	og_buf_release(&text);
}

static void survives_hostile_answers(void)
{
	hostile_is("gemini-nul-in-text.json", "end");
	hostile_is("gemini-nul-byte.json", "error");
	hostile_is("gemini-lone-surrogate.json", "error");
	hostile_is("gemini-duplicate-keys.json", "error");
	hostile_is("gemini-huge-number-in-args.json", "malformed");
	hostile_is("gemini-deep-args.json", "malformed");
	hostile_is("gemini-deeper-than-json.json", "error");
	hostile_is("gemini-name-with-newline.json", "malformed");
	hostile_is("gemini-args-a-list.json", "end");
	hostile_is("gemini-33-calls.json", "malformed");
	hostile_is("gemini-parts-an-object.json", "end");
	hostile_is("gemini-negative-usage.json", "end");
	hostile_is("gemini-error-in-200.json", "error");
	hostile_is("gemini-no-candidates.json", "other");
	hostile_is("gemini-two-answers.json", "error");
	hostile_is("openai-html.json", "error");
	hostile_is("openai-choices-empty.json", "other");
	hostile_is("openai-message-a-list.json", "error");
	hostile_is("openai-tool-calls-a-text.json", "end");
	hostile_is("openai-call-no-function.json", "malformed");
	hostile_is("openai-name-missing.json", "malformed");
	hostile_is("openai-arguments-nested-text.json", "end");
	hostile_is("openai-id-huge.json", "end");
	hostile_is("openai-33-calls-stream.txt", "malformed");
	hostile_is("openai-role-system.json", "end");
	hostile_is("openai-error-text-in-200.json", "error");
	hostile_is("openai-done-first-stream.txt", "error");
}

/* Numbers that are no counts make usage unknown, which is not free. */
static void usage_is(const char *usage, const char *want)
{
	struct og_model model = openai();
	char body[1024];
	json_t *answer;

	snprintf(body, sizeof(body),
		 "{'choices':[{'finish_reason':'stop','message':{'content':'a'}}],'usage':%s}",
		 usage);
	answer = answer_of(&model, body);
	same(json_object_get(answer, "usage"), want);
	json_decref(answer);
}

static void counts_strictly(void)
{
	usage_is("null", "null");
	usage_is("{}", "null");
	usage_is("{'prompt_tokens':null,'completion_tokens':3}", "null");
	usage_is("{'prompt_tokens':-1,'completion_tokens':3}", "null");
	usage_is("{'prompt_tokens':1,'completion_tokens':-3}", "null");
	usage_is("{'prompt_tokens':'1','completion_tokens':3}", "null");
	usage_is("{'prompt_tokens':1e300,'completion_tokens':3}", "null");
	usage_is("{'prompt_tokens':1,'completion_tokens':3,'prompt_tokens_details':"
		 "{'cached_tokens':-5}}",
		 "null");
	usage_is("{'prompt_tokens':1,'completion_tokens':3,'prompt_tokens_details':"
		 "{'cached_tokens':50}}",
		 "{'input':1,'cached':1,'output':3}");
	usage_is("{'prompt_tokens':7.0}", "{'input':7,'cached':0,'output':0}");
}

static void bounds_sizes(void)
{
	struct og_model model = openai();
	size_t size = OG_MODEL_STREAM_MAX + 1;
	char *big = malloc(size);
	json_t *answer = NULL;

	memset(big, ' ', size);
	memcpy(big, "{}", 2);
	OG_CHECK(og_model_answer(&model, big, OG_MODEL_ANSWER_MAX + 1, &answer, &err) < 0);
	OG_CHECK(strstr(err.msg, "larger"));
	OG_CHECK(og_model_streamed(&model, big, size, &answer, &err) < 0);
	OG_CHECK(strstr(err.msg, "larger"));
	free(big);
	/* No body at all. */
	OG_CHECK(og_model_answer(&model, NULL, 0, &answer, &err) < 0);
	OG_CHECK(og_model_streamed(&model, NULL, 0, &answer, &err) < 0);
}

int main(void)
{
	OG_RUN(streams_gemini);
	OG_RUN(streams_openai);
	OG_RUN(streams_old_calls);
	OG_RUN(streams_end);
	OG_RUN(streams_long_texts);
	OG_RUN(survives_hostile_answers);
	OG_RUN(counts_strictly);
	OG_RUN(bounds_sizes);
	return og_done();
}
