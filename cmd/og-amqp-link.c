/*
 * Connections: opening them with deadlines and with TLS, losing them, and
 * opening again, later and later. Whatever the library or the broker does
 * not like ends the connection: there is one way to recover.
 *
 * librabbitmq may block in a send while the broker takes nothing; a timer
 * shuts the socket down under it then.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmd/og-amqp-lib.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"

#define RETRY_MIN_MS 100
#define RETRY_MAX_MS 5000
#define GOODBYE_S    1
#define SYSTEM_CA    "/etc/ssl/certs/ca-certificates.crt"
#define USER_TIMEOUT 10000u /* ms of silence after which TCP gives up */
#define BROKER_WORDS 300    /* at most, of a broker's explanation */

/* --- the watch ------------------------------------------------------------- */

static volatile sig_atomic_t watched_fd = -1;

static void cut_off(int sig)
{
	(void)sig;
	if (watched_fd >= 0)
		shutdown(watched_fd, SHUT_RDWR);
}

static void set_timer(int seconds)
{
	struct itimerval timer = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

void amqp_watch_begin(struct amqp_link *link)
{
	struct sigaction action = { .sa_handler = cut_off };

	watched_fd = amqp_get_sockfd(link->connection);
	sigaction(SIGALRM, &action, NULL);
	set_timer(AMQP_REQUEST_MS / 1000);
}

void amqp_watch_end(void)
{
	set_timer(0);
	watched_fd = -1;
}

/* --- what went wrong -------------------------------------------------------- */

void amqp_copy(char out[AMQP_NAME_MAX + 1], amqp_bytes_t bytes)
{
	size_t len = bytes.len < AMQP_NAME_MAX ? bytes.len : AMQP_NAME_MAX;

	if (len > 0)
		memcpy(out, bytes.bytes, len);
	out[len] = '\0';
}

int amqp_code_of(int reply_code)
{
	switch (reply_code) {
	case AMQP_ACCESS_REFUSED:
		return OG_EPERM;
	case AMQP_NOT_FOUND:
	case AMQP_PRECONDITION_FAILED:
	case AMQP_RESOURCE_LOCKED:
	case AMQP_NOT_ALLOWED:
	case AMQP_COMMAND_INVALID:
	case AMQP_NOT_IMPLEMENTED:
		return OG_ECONF;
	default:
		return OG_EUNAVAIL;
	}
}

int amqp_library_failed(int status, const char *doing, struct og_err *err)
{
	int tls = status == AMQP_STATUS_SSL_ERROR ||
		  status == AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED ||
		  status == AMQP_STATUS_SSL_PEER_VERIFY_FAILED;

	if (status == AMQP_STATUS_NO_MEMORY)
		return og_fail_nomem(err);
	return og_fail(err, tls ? OG_EPERM : OG_EUNAVAIL, "cannot %s: %s", doing,
		       amqp_error_string2(status));
}

/* "NOT_FOUND - no queue 'x' in vhost '/'", of a channel or a connection. A
 * virtual host that is not ours, or not there, is told with one code. */
static int broker_refused(int reply_code, amqp_bytes_t text, const char *doing, struct og_err *err)
{
	int code = amqp_code_of(reply_code);
	char words[BROKER_WORDS + 1];
	size_t len = text.len < BROKER_WORDS ? text.len : BROKER_WORDS;

	if (len > 0)
		memcpy(words, text.bytes, len);
	words[len] = '\0';
	if (reply_code == AMQP_NOT_ALLOWED && strstr(words, "refused for user"))
		code = OG_EPERM;
	return og_fail(err, code, "cannot %s: the broker says: %s", doing, words);
}

static int reply_failed(amqp_rpc_reply_t reply, const char *doing, struct og_err *err)
{
	const amqp_channel_close_t *channel = reply.reply.decoded;
	const amqp_connection_close_t *connection = reply.reply.decoded;

	if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
		return amqp_library_failed(reply.library_error, doing, err);
	if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
	    reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD)
		return broker_refused(channel->reply_code, channel->reply_text, doing, err);
	if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
	    reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD)
		return broker_refused(connection->reply_code, connection->reply_text, doing, err);
	return og_fail(err, OG_EUNAVAIL, "cannot %s: an answer that makes no sense", doing);
}

/* After a refused question only the channel for questions is gone. */
int amqp_replied(struct amqp *amqp, struct amqp_link *link, const char *doing, struct og_err *err)
{
	amqp_rpc_reply_t reply = amqp_get_rpc_reply(link->connection);

	if (reply.reply_type == AMQP_RESPONSE_NORMAL)
		return 0;
	reply_failed(reply, doing, err);
	if (link->side == AMQP_OUT && reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
	    reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
		amqp_channel_close_ok_t ok = { 0 };

		amqp_send_method(link->connection, AMQP_ASKING_CHANNEL,
				 AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
		link->second = 0;
	} else {
		amqp_link_lost(amqp, link, err->msg);
	}
	return -1;
}

/* --- opening ----------------------------------------------------------------- */

static int set_up_tls(amqp_socket_t *socket, const struct amqp_request *open, struct og_err *err)
{
	const char *cert = amqp_text(open, "cert", NULL);
	int status;

	amqp_ssl_socket_set_verify_peer(socket, 1);
	amqp_ssl_socket_set_verify_hostname(socket, 1);
	status = amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
	if (status == AMQP_STATUS_OK)
		status = amqp_ssl_socket_set_cacert(socket, amqp_text(open, "ca", SYSTEM_CA));
	if (status != AMQP_STATUS_OK)
		return og_fail(err, OG_ECONF, "cannot use '%s' as certificates of who is trusted",
			       amqp_text(open, "ca", SYSTEM_CA));
	if (cert &&
	    amqp_ssl_socket_set_key(socket, cert, amqp_text(open, "key", "")) != AMQP_STATUS_OK)
		return og_fail(err, OG_ECONF, "cannot use '%s' and its key to show who we are",
			       cert);
	return 0;
}

/* A peer that vanished without a word is noticed while we wait for it, too. */
static void set_up_tcp(int fd)
{
	unsigned timeout = USER_TIMEOUT;
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static int connect_socket(struct amqp *amqp, struct amqp_link *link, struct og_err *err)
{
	const struct amqp_request *open = amqp->open;
	int tls = og_json_bool(open->json, "tls", 0), status;
	struct timeval limit = { .tv_sec = AMQP_CONNECT_MS / 1000 };
	amqp_socket_t *socket =
		tls ? amqp_ssl_socket_new(link->connection) : amqp_tcp_socket_new(link->connection);

	if (!socket)
		return og_fail_nomem(err);
	if (tls && set_up_tls(socket, open, err) < 0)
		return -1;
	status = amqp_socket_open_noblock(socket, amqp_text(open, "host", ""),
					  (int)og_json_int(open->json, "port", 0), &limit);
	if (status == AMQP_STATUS_SOCKET_ERROR)
		return og_fail(err, OG_EUNAVAIL, "nobody answers there");
	if (status != AMQP_STATUS_OK)
		return amqp_library_failed(status, "connect", err);
	set_up_tcp(amqp_get_sockfd(link->connection));
	return 0;
}

/* We want to be told when the broker takes nothing, and of a consumer that
 * it ended. */
static amqp_rpc_reply_t log_in(struct amqp *amqp, struct amqp_link *link)
{
	const struct amqp_request *open = amqp->open;
	amqp_table_entry_t can[2] = { { .key = amqp_cstring_bytes("connection.blocked") },
				      { .key = amqp_cstring_bytes("consumer_cancel_notify") } };
	amqp_table_entry_t ours[2] = { { .key = amqp_cstring_bytes("capabilities") },
				       { .key = amqp_cstring_bytes("connection_name") } };
	amqp_table_t properties = { 2, ours };

	for (int i = 0; i < 2; i++) {
		can[i].value.kind = AMQP_FIELD_KIND_BOOLEAN;
		can[i].value.value.boolean = 1;
	}
	ours[0].value.kind = AMQP_FIELD_KIND_TABLE;
	ours[0].value.value.table = (amqp_table_t){ 2, can };
	ours[1].value.kind = AMQP_FIELD_KIND_UTF8;
	ours[1].value.value.bytes = amqp_cstring_bytes(link->side == AMQP_OUT  ? "omnigate out"
						       : link->side == AMQP_IN ? "omnigate in"
									       : "omnigate look");
	return amqp_login_with_properties(
		link->connection, amqp_text(open, "vhost", "/"), 0, AMQP_DEFAULT_FRAME_SIZE,
		(int)og_json_int(open->json, "heartbeat", 30), &properties, AMQP_SASL_METHOD_PLAIN,
		amqp_text(open, "user", ""), amqp_text(open, "password", ""));
}

static int open_channels(struct amqp_link *link, struct og_err *err)
{
	amqp_rpc_reply_t reply;

	amqp_channel_open(link->connection, AMQP_MAIN_CHANNEL);
	reply = amqp_get_rpc_reply(link->connection);
	if (reply.reply_type == AMQP_RESPONSE_NORMAL && link->side == AMQP_OUT) {
		amqp_confirm_select(link->connection, AMQP_MAIN_CHANNEL);
		reply = amqp_get_rpc_reply(link->connection);
	}
	if (reply.reply_type != AMQP_RESPONSE_NORMAL)
		return reply_failed(reply, "open a channel", err);
	/* One delivery at a time, of each consumer. */
	if (link->side != AMQP_OUT) {
		amqp_basic_qos(link->connection, AMQP_MAIN_CHANNEL, 0, 1, 0);
		reply = amqp_get_rpc_reply(link->connection);
	}
	return reply.reply_type == AMQP_RESPONSE_NORMAL
		       ? 0
		       : reply_failed(reply, "set the prefetch", err);
}

static int try_open(struct amqp *amqp, struct amqp_link *link, struct og_err *err)
{
	struct timeval limit = { .tv_sec = AMQP_CONNECT_MS / 1000 };
	struct timeval rpc = { .tv_sec = AMQP_REQUEST_MS / 1000 };
	amqp_rpc_reply_t reply;

	link->connection = amqp_new_connection();
	if (!link->connection)
		return og_fail_nomem(err);
	amqp_set_handshake_timeout(link->connection, &limit);
	amqp_set_rpc_timeout(link->connection, &rpc);
	if (connect_socket(amqp, link, err) < 0)
		return -1;
	reply = log_in(amqp, link);
	if (reply.reply_type != AMQP_RESPONSE_NORMAL)
		return reply_failed(reply, "log in", err);
	return open_channels(link, err);
}

/* Later and later, and not all at the same moment. */
static int64_t pause_after(int failures)
{
	int64_t pause = RETRY_MIN_MS;
	uint32_t dice = 0;

	while (--failures > 0 && pause < RETRY_MAX_MS)
		pause *= 2;
	if (pause > RETRY_MAX_MS)
		pause = RETRY_MAX_MS;
	og_random(&dice, sizeof(dice), NULL);
	return pause / 2 + dice % (uint32_t)pause;
}

/* Whoever listened has to ask for it again. */
static void opened(struct amqp *amqp, struct amqp_link *link)
{
	if (link->wanted && link->side == AMQP_IN) {
		og_note(amqp->ctx, "the broker is back");
		amqp_say(amqp, json_pack("{s:s}", "event", "back"));
	}
	link->failures = 0;
	link->wanted = link->side != AMQP_LOOK;
}

int amqp_link_open(struct amqp *amqp, struct amqp_link *link, struct og_err *err)
{
	const struct amqp_request *open = amqp->open;

	if (link->connection)
		return 0;
	if (og_deadline_left(link->retry) != 0 && link->failures > 0)
		return og_fail(err, OG_EUNAVAIL, "broker %s:%lld: it is away",
			       amqp_text(open, "host", ""),
			       (long long)og_json_int(open->json, "port", 0));
	link->numbers = 0;
	link->second = 0;
	link->blocked[0] = '\0';
	if (try_open(amqp, link, err) == 0) {
		opened(amqp, link);
		return 0;
	}
	if (link->connection)
		amqp_destroy_connection(link->connection);
	link->connection = NULL;
	link->retry = og_deadline(pause_after(++link->failures));
	return og_wrap(err, "broker %s:%lld", amqp_text(open, "host", ""),
		       (long long)og_json_int(open->json, "port", 0));
}

/* --- losing ------------------------------------------------------------------- */

static void forget_message(struct amqp_message *message)
{
	json_decref(message->properties);
	og_buf_release(&message->body);
	memset(message, 0, sizeof(*message));
}

/* In good order where the broker is still there: what was sent before the
 * goodbye arrives. */
void amqp_link_close(struct amqp_link *link)
{
	struct timeval limit = { .tv_sec = GOODBYE_S };

	forget_message(&link->message);
	if (!link->connection)
		return;
	/* One that takes nothing takes no goodbye. */
	amqp_set_rpc_timeout(link->connection, &limit);
	if (!link->blocked[0])
		amqp_connection_close(link->connection, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(link->connection);
	link->connection = NULL;
}

/* Deliveries that nobody acked come again, under other numbers. */
static void undo_deliveries(struct amqp *amqp, const char *why)
{
	json_object_clear(amqp->consumers);
	while (amqp->held)
		amqp_held_drop(amqp, &amqp->held);
	amqp_say(amqp, json_pack("{s:s,s:s}", "event", "lost", "why", why));
}

void amqp_link_lost(struct amqp *amqp, struct amqp_link *link, const char *why)
{
	if (!link->connection)
		return;
	forget_message(&link->message);
	amqp_destroy_connection(link->connection);
	link->connection = NULL;
	link->retry = og_deadline(pause_after(++link->failures));
	if (link->wanted && link->side == AMQP_IN)
		og_note(amqp->ctx, "lost the broker: %s; trying again", why);
	if (link->side == AMQP_IN)
		undo_deliveries(amqp, why);
	for (struct amqp_request *p = amqp->publishes; p && link->side == AMQP_OUT; p = p->next)
		p->number = 0;
}

/* The broker may have changed its mind about us meanwhile: that is final. */
static int mend(struct amqp *amqp, struct amqp_link *link, struct og_err *err)
{
	if (amqp_link_open(amqp, link, err) < 0) {
		if (err->code != OG_EUNAVAIL)
			return -1;
		og_err_clear(err);
	}
	return 0;
}

/* OUT waits until there is something to send. */
static int is_due(const struct amqp *amqp, const struct amqp_link *link)
{
	return link->wanted && !link->connection && (link->side == AMQP_IN || amqp->publishes);
}

int amqp_links_mend(struct amqp *amqp, struct og_err *err)
{
	for (int i = 0; i < AMQP_SIDES; i++)
		if (is_due(amqp, &amqp->links[i]) && og_deadline_left(amqp->links[i].retry) == 0 &&
		    mend(amqp, &amqp->links[i], err) < 0)
			return -1;
	return 0;
}

/* The library sends heartbeats when it is called, so it is called in time. */
static int64_t beat(const struct amqp_link *link)
{
	int seconds = amqp_get_heartbeat(link->connection);

	return seconds > 0 ? og_deadline(seconds * 1000 / 4) : OG_FOREVER;
}

int64_t amqp_links_due(const struct amqp *amqp)
{
	int64_t due = OG_FOREVER;

	for (int i = 0; i < AMQP_SIDES; i++) {
		const struct amqp_link *link = &amqp->links[i];
		int64_t own = link->connection	   ? beat(link)
			      : is_due(amqp, link) ? link->retry
						   : OG_FOREVER;

		due = own < due ? own : due;
	}
	return due;
}
