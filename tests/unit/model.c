/*
 * Language models: what og.conf calls them, what is said to them, what they
 * say instead of an answer, and embeddings.
 */
#include "tests/unit/models.h"

/* --- the value of og.conf --- */

static void url_is(const char *text, int stream, const char *want)
{
	struct og_model model = model_of(text);
	struct og_buf url;

	og_buf_init(&url, 4096);
	OG_CHECK_OK(og_model_url(&model, stream, &url, &err), &err);
	OG_CHECK_STR(url.data, want);
	OG_CHECK_STR(model.name, text);
	og_buf_release(&url);
}

static void names_models(void)
{
	url_is("gemini:gemini-3-pro", 0,
	       "https://generativelanguage.googleapis.com/v1beta/models/"
	       "gemini-3-pro:generateContent");
	url_is("gemini:https://proxy.example/v1beta/#tunedModels/mine", 1,
	       "https://proxy.example/v1beta/tunedModels/mine:streamGenerateContent?alt=sse");
	url_is("gemini:http://127.0.0.1:8080#a:b", 0,
	       "http://127.0.0.1:8080/models/a%3Ab:generateContent");
	url_is("openai:http://127.0.0.1:11434/v1#qwen2.5:7b", 1,
	       "http://127.0.0.1:11434/v1/chat/completions");
	url_is("openai:https://api.example/v1#org/model@v2", 0,
	       "https://api.example/v1/chat/completions");
}

static void names_nothing_else(void)
{
	static const char *const wrong[] = {
		"",
		"skill:",
		"none",
		"gemini",
		"gemini:",
		"openai:",
		"openai:gpt",
		"openai:http://h/v1",
		"openai:http://h/v1#",
		"openai:#m",
		"openai:h/v1#m",
		"openai:ftp://h#m",
		"openai:http://#m",
		"openai:http:///v1#m",
		"openai:http://u@h/v1#m",
		"openai:http://h/v1?a=b#m",
		"openai:http://h /v1#m",
		"openai:http://h/v1#a b",
		"openai:http://h/v1#a#b",
		"openai:http://h/v1#../x",
		"gemini:a/../b",
		"gemini:/a",
		"gemini:a/",
		"gemini:a?key=b",
		"gemini:a\nb",
		"gemini:https://h/v1",
		"gemini:a%2e",
		"openai:http://h\\x#m",
	};
	char longest[2000] = "gemini:";
	struct og_model model;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		og_err_clear(&err);
		if (!OG_CHECK(og_model_parse(wrong[i], &model, &err) < 0))
			printf("# %s\n", wrong[i]);
		OG_CHECK_INT(err.code, OG_ECONF);
		OG_CHECK(err.hint[0]);
	}
	memset(longest + 7, 'a', 130);
	OG_CHECK(og_model_parse(longest, &model, &err) < 0);
	memset(longest + 7, 'a', 1900);
	OG_CHECK(og_model_parse(longest, &model, &err) < 0);
}

/* --- requests --- */

static const char TOOLS[] =
	"[{'name':'read','description':'Reads','parameters':{'type':'object','properties':"
	"{'sql':{'type':'string'}},'required':['sql'],'additionalProperties':false}},"
	"{'name':'finish','description':'Ends','parameters':{'type':'object','properties':"
	"{'answer':{'type':'string'},'show':{'type':'array','items':{'type':'string'}}},"
	"'required':['answer'],'additionalProperties':false}}]";

static void request_is(const struct og_model *model, struct og_model_talk talk, const char *tools,
		       const char *turns, const char *want)
{
	json_t *t = tools ? json(tools) : NULL, *conversation = json(turns), *body = NULL;

	talk.tools = t;
	talk.turns = conversation;
	if (OG_CHECK_OK(og_model_request(model, &talk, &body, &err), &err))
		same(body, want);
	json_decref(body);
	json_decref(t);
	json_decref(conversation);
}

static void asks_gemini(void)
{
	struct og_model model = gemini();
	struct og_model_talk talk = { .system = "Be brief.", .choice = "auto", .max_output = 1024 };

	request_is(&model, talk, TOOLS, "[{'role':'user','text':'How many?'}]",
		   "{'systemInstruction':{'parts':[{'text':'Be brief.'}]},"
		   "'contents':[{'role':'user','parts':[{'text':'How many?'}]}],"
		   "'tools':[{'functionDeclarations':["
		   "{'name':'read','description':'Reads','parametersJsonSchema':{'type':'object',"
		   "'properties':{'sql':{'type':'string'}},'required':['sql'],"
		   "'additionalProperties':false}},"
		   "{'name':'finish','description':'Ends','parametersJsonSchema':{'type':'object',"
		   "'properties':{'answer':{'type':'string'},'show':{'type':'array','items':"
		   "{'type':'string'}}},'required':['answer'],'additionalProperties':false}}]}],"
		   "'toolConfig':{'functionCallingConfig':{'mode':'AUTO'}},"
		   "'generationConfig':{'temperature':0,'maxOutputTokens':1024}}");
	talk.choice = "finish";
	talk.system = NULL;
	talk.quirks = OG_QUIRK_NO_TEMPERATURE;
	request_is(&model, talk, "[{'name':'finish','description':'Ends','parameters':{}}]",
		   "[{'role':'user','text':'a'},{'role':'model','raw':null},"
		   "{'role':'user','text':'b'}]",
		   "{'contents':[{'role':'user','parts':[{'text':'a'},{'text':'b'}]}],"
		   "'tools':[{'functionDeclarations':[{'name':'finish','description':'Ends',"
		   "'parametersJsonSchema':{}}]}],"
		   "'toolConfig':{'functionCallingConfig':{'mode':'ANY','allowedFunctionNames':"
		   "['finish']}},'generationConfig':{'maxOutputTokens':1024}}");
	talk.choice = "none";
	talk.max_output = 0;
	request_is(&model, talk, "[{'name':'finish','description':'Ends','parameters':{}}]",
		   "[{'role':'user','text':'a'}]",
		   "{'contents':[{'role':'user','parts':[{'text':'a'}]}],"
		   "'tools':[{'functionDeclarations':[{'name':'finish','description':'Ends',"
		   "'parametersJsonSchema':{}}]}],"
		   "'toolConfig':{'functionCallingConfig':{'mode':'NONE'}},'generationConfig':{}}");
}

static void answers_gemini(void)
{
	struct og_model model = gemini();
	struct og_model_talk talk = { .quirks = OG_QUIRK_NO_TEMPERATURE };

	request_is(
		&model, talk, NULL,
		"[{'role':'user','text':'q'},"
		"{'role':'model','raw':{'role':'model','parts':[{'functionCall':{'id':'fc-1',"
		"'name':'read','args':{}},'thoughtSignature':'Eh=='},{'functionCall':{'name':"
		"'read','args':{}}}],'odd':1}},"
		"{'role':'tool','results':[{'id':'fc-1','name':'read','output':{'rows':[[1.5]]}},"
		"{'name':'read','error':{'rule':'r','why':'w','fix':'f'}}]},"
		"{'role':'user','text':'last turn'}]",
		"{'contents':[{'role':'user','parts':[{'text':'q'}]},"
		"{'role':'model','parts':[{'functionCall':{'id':'fc-1',"
		"'name':'read','args':{}},'thoughtSignature':'Eh=='},{'functionCall':{'name':"
		"'read','args':{}}}],'odd':1},"
		"{'role':'user','parts':[{'functionResponse':{'id':'fc-1','name':'read',"
		"'response':{'output':{'rows':[[1.5]]}}}},{'functionResponse':{'name':'read',"
		"'response':{'error':{'rule':'r','why':'w','fix':'f'}}}}]},"
		"{'role':'user','parts':[{'text':'last turn'}]}],'generationConfig':{}}");
}

static void asks_openai(void)
{
	struct og_model model = openai();
	struct og_model_talk talk = { .system = "Be brief.", .max_output = 99, .stream = 1 };

	/* strict only where the schema is: finish has an optional property. */
	request_is(&model, talk, TOOLS, "[{'role':'user','text':'How many?'}]",
		   "{'model':'qwen2.5:7b','messages':[{'role':'system','content':'Be brief.'},"
		   "{'role':'user','content':'How many?'}],"
		   "'tools':[{'type':'function','function':{'name':'read','description':'Reads',"
		   "'strict':true,'parameters':{'type':'object','properties':"
		   "{'sql':{'type':'string'}},'required':['sql'],'additionalProperties':false}}},"
		   "{'type':'function','function':{'name':'finish','description':'Ends',"
		   "'parameters':{'type':'object','properties':{'answer':{'type':'string'},'show':"
		   "{'type':'array','items':{'type':'string'}}},'required':['answer'],"
		   "'additionalProperties':false}}}],"
		   "'tool_choice':'auto','parallel_tool_calls':false,'temperature':0,"
		   "'max_completion_tokens':99,'stream':true,"
		   "'stream_options':{'include_usage':true}}");
	talk.quirks = OG_QUIRK_MAX_TOKENS | OG_QUIRK_NO_USAGE | OG_QUIRK_NO_PARALLEL |
		      OG_QUIRK_NO_TEMPERATURE | OG_QUIRK_NO_STRICT;
	talk.choice = "read";
	request_is(&model, talk,
		   "[{'name':'read','description':'Reads','parameters':{'type':'object',"
		   "'properties':{},'additionalProperties':false}}]",
		   "[{'role':'user','text':'a'},{'role':'user','text':'b'}]",
		   "{'model':'qwen2.5:7b','messages':[{'role':'system','content':'Be brief.'},"
		   "{'role':'user','content':'a\\n\\nb'}],"
		   "'tools':[{'type':'function','function':{'name':'read','description':'Reads',"
		   "'parameters':{'type':'object','properties':{},'additionalProperties':false}}}],"
		   "'tool_choice':{'type':'function','function':{'name':'read'}},"
		   "'max_tokens':99,'stream':true}");
}

static void answers_openai(void)
{
	struct og_model model = openai();
	struct og_model_talk talk = { .quirks = OG_QUIRK_NO_TEMPERATURE };

	request_is(&model, talk, NULL,
		   "[{'role':'user','text':'q'},"
		   "{'role':'model','raw':{'role':'assistant','content':null,'tool_calls':[{'id':"
		   "'c1','type':'function','function':{'name':'read','arguments':'{}'}},{'id':"
		   "'c2','type':'function','function':{'name':'read','arguments':'{}'},"
		   "'extra_content':{'google':{'thought_signature':'Eh=='}}}]}},"
		   "{'role':'tool','results':[{'id':'c1','name':'read','output':{'b':1,'a':2.5}},"
		   "{'id':'c2','name':'read','error':{'rule':'r'}}]}]",
		   "{'model':'qwen2.5:7b','messages':[{'role':'user','content':'q'},"
		   "{'role':'assistant','content':null,'tool_calls':[{'id':"
		   "'c1','type':'function','function':{'name':'read','arguments':'{}'}},{'id':"
		   "'c2','type':'function','function':{'name':'read','arguments':'{}'},"
		   "'extra_content':{'google':{'thought_signature':'Eh=='}}}]},"
		   "{'role':'tool','tool_call_id':'c1','content':'{\\\"a\\\":2.5,\\\"b\\\":1}'},"
		   "{'role':'tool','tool_call_id':'c2','content':"
		   "'{\\\"error\\\":{\\\"rule\\\":\\\"r\\\"}}'}]}");
}

/* What is no conversation is our own fault, and said. */
static void no_conversations(void)
{
	static const char *const wrong[] = {
		"[{}]",
		"[1]",
		"[{'role':'user'}]",
		"[{'role':'user','text':1}]",
		"[{'role':'model'}]",
		"[{'role':'model','raw':[]}]",
		"[{'role':'robot'}]",
		"[{'role':'tool'}]",
		"[{'role':'tool','results':[]}]",
		"[{'role':'tool','results':[{'name':'a'}]}]",
		"[{'role':'tool','results':[{'id':'a','name':'a'}]}]",
	};
	struct og_model models[] = { gemini(), openai() };

	for (size_t i = 0; i < 2 * sizeof(wrong) / sizeof(*wrong); i++) {
		json_t *turns = json(wrong[i / 2]), *body = NULL;
		struct og_model_talk talk = { .turns = turns };

		og_err_clear(&err);
		OG_CHECK(og_model_request(&models[i % 2], &talk, &body, &err) < 0);
		OG_CHECK_INT(err.code, OG_EBUG);
		json_decref(turns);
	}
}

/* What a request may come to is never less than what it does. */
static void reserves_enough(void)
{
	int64_t around = og_model_tokens_most(NULL, 0);

	OG_CHECK(around > 100 && around < 2000);
	OG_CHECK_INT(og_model_tokens_most("SELECT", 6) - around, 3);
	OG_CHECK_INT(og_model_tokens_most("[1234,5678]", 11) - around, 8 + 2);
	OG_CHECK_INT(og_model_tokens_most("\xf0\x9f\x90\xad!", 5) - around, 3 + 1);
}

/* --- refusals --- */

static void refused_is(int status, const char *body, enum og_model_fault fault, unsigned quirk,
		       int64_t retry_ms)
{
	struct og_model model = openai();
	struct og_model_refusal refusal;
	char *copy = strdup(body);

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	og_model_refused(&model, status, copy, strlen(copy), &refusal);
	if (!OG_CHECK_STR(og_model_fault_name(refusal.fault), og_model_fault_name(fault)))
		printf("# %d %s\n", status, body);
	OG_CHECK_INT(refusal.quirk, quirk);
	OG_CHECK_INT(refusal.retry_ms, retry_ms);
	OG_CHECK(strncmp(refusal.why, "status ", 7) == 0);
	free(copy);
}

static void told_to_wait(void)
{
	refused_is(429,
		   "{'error':{'code':429,'message':'Resource has been exhausted','status':"
		   "'RESOURCE_EXHAUSTED','details':[{'@type':'type.googleapis.com/google.rpc."
		   "RetryInfo','retryDelay':'34s'}]}}",
		   OG_FAULT_THROTTLED, 0, 34000);
	refused_is(429,
		   "{'error':{'message':'Please try again in 1m2.5s.','code':"
		   "'rate_limit_exceeded'}}",
		   OG_FAULT_THROTTLED, 0, 62500);
	refused_is(429, "{'error':{'message':'Please try again in 350ms.'}}", OG_FAULT_THROTTLED, 0,
		   350);
	refused_is(429, "", OG_FAULT_THROTTLED, 0, 0);
	refused_is(429, "{'error':{'message':'try again in 999999h'}}", OG_FAULT_THROTTLED, 0,
		   86400000);
	refused_is(429, "{'error':{'message':'try again in 5 parsecs'}}", OG_FAULT_THROTTLED, 0, 0);
	refused_is(429,
		   "{'error':{'message':'You exceeded your current quota','type':"
		   "'insufficient_quota','code':'insufficient_quota'}}",
		   OG_FAULT_QUOTA, 0, 0);
	refused_is(429,
		   "{'error':{'details':[{'@type':'type.googleapis.com/google.rpc."
		   "QuotaFailure','violations':[{'quotaId':'GenerateRequestsPerDay"
		   "PerProject'}]},{'@type':'x/RetryInfo','retryDelay':'1.5s'}]}}",
		   OG_FAULT_QUOTA, 0, 1500);
	refused_is(402, "{'error':{'message':'Insufficient Balance'}}", OG_FAULT_QUOTA, 0, 0);
	refused_is(500, "{'error':{'code':500,'status':'INTERNAL'}}", OG_FAULT_DOWN, 0, 0);
	refused_is(503, "<html>nginx</html>", OG_FAULT_DOWN, 0, 0);
	refused_is(529, "", OG_FAULT_DOWN, 0, 0);
	refused_is(408, "", OG_FAULT_DOWN, 0, 0);
}

static void told_what_is_wrong(void)
{
	refused_is(401, "{'error':{'code':'invalid_api_key'}}", OG_FAULT_KEY, 0, 0);
	refused_is(403, "", OG_FAULT_KEY, 0, 0);
	refused_is(400,
		   "{'error':{'message':'API key not valid. Please pass a valid API key.',"
		   "'status':'INVALID_ARGUMENT','details':[{'@type':'x/ErrorInfo','reason':"
		   "'API_KEY_INVALID'}]}}",
		   OG_FAULT_KEY, 0, 0);
	refused_is(400,
		   "{'error':{'message':'maximum context length is 8192 tokens',"
		   "'code':'context_length_exceeded'}}",
		   OG_FAULT_TOO_LONG, 0, 0);
	refused_is(400, "{'error':{'message':'The input token count (1) exceeds the maximum'}}",
		   OG_FAULT_TOO_LONG, 0, 0);
	/* vLLM names the limit too, but it is the conversation that is long. */
	refused_is(400,
		   "{'message':'max_completion_tokens is too large: this model has a "
		   "maximum context length of 4096'}",
		   OG_FAULT_TOO_LONG, 0, 0);
	refused_is(500, "{'error':{'type':'exceed_context_size_error'}}", OG_FAULT_TOO_LONG, 0, 0);
	refused_is(413, "", OG_FAULT_TOO_LONG, 0, 0);
	refused_is(404, "{'error':'model \\'x\\' not found'}", OG_FAULT_REQUEST, 0, 0);
	refused_is(400, "{'error':{'message':'role must be user or model'}}", OG_FAULT_REQUEST, 0,
		   0);
	refused_is(400, "not JSON: max_completion_tokens", OG_FAULT_REQUEST, 0, 0);
}

static void told_what_is_not_known(void)
{
	refused_is(400, "{'error':{'message':'Unrecognized argument: max_completion_tokens'}}",
		   OG_FAULT_QUIRK, OG_QUIRK_MAX_TOKENS, 0);
	refused_is(422,
		   "{'detail':[{'type':'extra_forbidden','loc':['body','stream_options'],"
		   "'msg':'Extra inputs are not permitted'}]}",
		   OG_FAULT_QUIRK, OG_QUIRK_NO_USAGE, 0);
	refused_is(400, "{'error':{'message':'Unknown','param':'parallel_tool_calls'}}",
		   OG_FAULT_QUIRK, OG_QUIRK_NO_PARALLEL, 0);
	refused_is(400, "[{'error':{'message':'taskType is not supported'}}]", OG_FAULT_QUIRK,
		   OG_QUIRK_NO_TASK_TYPE, 0);
	refused_is(400, "{'error':{'message':'Unsupported value','param':'temperature'}}",
		   OG_FAULT_QUIRK, OG_QUIRK_NO_TEMPERATURE, 0);
	refused_is(400, "{'error':{'message':'Bad schema','code':'invalid_function_parameters'}}",
		   OG_FAULT_QUIRK, OG_QUIRK_NO_STRICT, 0);
	refused_is(500, "{'error':{'message':'max_completion_tokens'}}", OG_FAULT_DOWN, 0, 0);
}

/* What a provider writes is shown to people: no escapes, no lines. */
static void shows_reasons_safely(void)
{
	static const char body[] = "{\"error\":{\"message\":\"a\\u001b[31m\\nb\\u202ec\"}}";
	struct og_model model = openai();
	struct og_model_refusal refusal;

	og_model_refused(&model, 400, body, strlen(body), &refusal);
	OG_CHECK_STR(refusal.why, "status 400: a\\x1B[31m\\x0AbU+202Ec");
	og_model_refused(&model, 503, NULL, 0, &refusal);
	OG_CHECK_STR(refusal.why, "status 503");
}

/* --- embeddings --- */

static void embed_request_is(const struct og_model *model, const char *texts, const char *task,
			     unsigned quirks, const char *want)
{
	json_t *list = json(texts), *body = NULL;
	long dimension = quirks & 1024 ? 0 : 768;

	if (OG_CHECK_OK(og_embed_request(model, list, task, dimension, quirks, &body, &err), &err))
		same(body, want);
	json_decref(body);
	json_decref(list);
}

static void asks_for_embeddings(void)
{
	struct og_model model = model_of("gemini:gemini-embedding-2");
	struct og_buf url;

	og_buf_init(&url, 1024);
	OG_CHECK_OK(og_embed_url(&model, &url, &err), &err);
	OG_CHECK(strstr(url.data, "/v1beta/models/gemini-embedding-2:batchEmbedContents"));
	embed_request_is(
		&model, "['first','second']", "document", 0,
		"{'requests':[{'model':'models/gemini-embedding-2','content':{'parts':"
		"[{'text':'first'}]},'taskType':'RETRIEVAL_DOCUMENT',"
		"'outputDimensionality':768},{'model':'models/gemini-embedding-2','content':"
		"{'parts':[{'text':'second'}]},'taskType':'RETRIEVAL_DOCUMENT',"
		"'outputDimensionality':768}]}");
	embed_request_is(&model, "['q']", "query", 1024,
			 "{'requests':[{'model':'models/gemini-embedding-2','content':{'parts':"
			 "[{'text':'q'}]},'taskType':'RETRIEVAL_QUERY'}]}");
	model = model_of("gemini:tunedModels/e");
	embed_request_is(
		&model, "['q']", "query", 1024 | OG_QUIRK_NO_TASK_TYPE,
		"{'requests':[{'model':'tunedModels/e','content':{'parts':[{'text':'q'}]}}]}");
	model = openai();
	og_buf_clear(&url);
	OG_CHECK_OK(og_embed_url(&model, &url, &err), &err);
	OG_CHECK_STR(url.data, "http://127.0.0.1:11434/v1/embeddings");
	og_buf_release(&url);
	embed_request_is(&model, "['a','b']", "query", 1024,
			 "{'model':'qwen2.5:7b','input':['a','b'],'encoding_format':'float'}");
	embed_request_is(&model, "['a']", "document", 0,
			 "{'model':'qwen2.5:7b','input':['a'],'encoding_format':'float',"
			 "'dimensions':768}");
}

/* n texts; want: their first values, or NULL for an error. */
static void embedded_is(const struct og_model *model, const char *body, size_t n,
			const double *want, int64_t tokens)
{
	json_t *response = json(body);
	char *text = canon(response);
	float *vectors = NULL;
	size_t dimension = 0;
	int64_t told = 0;
	int rc = og_embed_answer(model, text, strlen(text), n, &vectors, &dimension, &told, &err);

	if (!OG_CHECK((rc == 0) == (want != NULL)))
		printf("# %s: %s\n", body, err.msg);
	for (size_t i = 0; want && rc == 0 && i < n; i++)
		OG_CHECK((double)vectors[i * dimension] > want[i] - 1e-6 &&
			 (double)vectors[i * dimension] < want[i] + 1e-6);
	if (rc == 0)
		OG_CHECK_INT(told, tokens);
	free(vectors);
	free(text);
	json_decref(response);
}

static void reads_embeddings(void)
{
	static const double want[] = { 0.6, 0 };
	struct og_model g = gemini(), o = openai();

	embedded_is(&g, "{'embeddings':[{'values':[3,4]},{'values':[0,-0.001]}]}", 2, want, -1);
	embedded_is(&g, "{'embeddings':[{'values':[3,4]}],'usageMetadata':{'promptTokenCount':9}}",
		    1, want, 9);
	/* By index, not by place. */
	embedded_is(&o,
		    "{'data':[{'index':1,'embedding':[0,2]},{'index':0,'embedding':[0.3,0.4]}],"
		    "'usage':{'prompt_tokens':4}}",
		    2, want, 4);
	embedded_is(&o, "{'data':[{'embedding':[3,4]},{'embedding':[0,1]}]}", 2, want, -1);
}

static void refuses_embeddings(void)
{
	static const char *const wrong[] = {
		"{}",
		"[]",
		"{'data':[]}",
		"{'data':[{'index':0,'embedding':[1]}]}",
		"{'data':[{'index':0,'embedding':[1]},{'index':0,'embedding':[1]}]}",
		"{'data':[{'index':0,'embedding':[1]},{'index':2,'embedding':[1]}]}",
		"{'data':[{'index':0,'embedding':[1]},{'index':-1,'embedding':[1]}]}",
		"{'data':[{'index':0,'embedding':[1]},{'index':1,'embedding':[1,2]}]}",
		"{'data':[{'index':0,'embedding':[1]},{'index':1,'embedding':[0]}]}",
		"{'data':[{'index':0,'embedding':[1]},{'index':1,'embedding':[]}]}",
		"{'data':[{'index':0,'embedding':[1]},{'index':1,'embedding':['1']}]}",
		"{'data':[{'index':0,'embedding':[1]},{'index':1,'embedding':'AAAA'}]}",
		"{'data':[{'index':0,'embedding':[1]},{'index':1,'embedding':[1e200]}]}",
		"{'error':{'message':'no'},'data':[{'embedding':[1]},{'embedding':[1]}]}",
	};
	struct og_model model = openai();

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		embedded_is(&model, wrong[i], 2, NULL, 0);
}

int main(void)
{
	OG_RUN(names_models);
	OG_RUN(names_nothing_else);
	OG_RUN(asks_gemini);
	OG_RUN(answers_gemini);
	OG_RUN(asks_openai);
	OG_RUN(answers_openai);
	OG_RUN(no_conversations);
	OG_RUN(reserves_enough);
	OG_RUN(told_to_wait);
	OG_RUN(told_what_is_wrong);
	OG_RUN(told_what_is_not_known);
	OG_RUN(shows_reasons_safely);
	OG_RUN(asks_for_embeddings);
	OG_RUN(reads_embeddings);
	OG_RUN(refuses_embeddings);
	return og_done();
}
