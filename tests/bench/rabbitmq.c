/*
 * What RabbitMQ does with the same work, through librabbitmq itself: 1 KB
 * persistent messages, a quorum queue, confirms awaited. Prints JSON, times
 * in microseconds.
 *
 *	rabbitmq PORT		measures a broker on this host's PORT:
 *	put_1, put_4		confirmed publishes per second, one by one, by 1
 *				and 4 processes
 *	put_window		with 100 under way
 *	work_1			delivered one at a time and acked, per second
 *	claimed_us		from the beginning of a publish to its delivery
 *				to a consumer elsewhere that was idle
 *	dead_us			from kill -9 of a consumer to the redelivery
 *	rabbitmq PORT once	connects, publishes one, has it confirmed, ends
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#endif

#include "lib/base/clock.h"
#include "tests/bench/bench.h"

#define QUEUE  "bench"
#define PUTS   1500
#define WINDOW 100
#define ROUNDS 60
#define SIZE   1024

static int port;

static void insist(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "rabbitmq: %s\n", what);
	exit(70);
}

static void replied(amqp_connection_state_t c, const char *what)
{
	insist(amqp_get_rpc_reply(c).reply_type == AMQP_RESPONSE_NORMAL, what);
}

static amqp_connection_state_t connect_broker(void)
{
	amqp_connection_state_t c = amqp_new_connection();
	amqp_socket_t *socket = amqp_tcp_socket_new(c);

	insist(socket && amqp_socket_open(socket, "127.0.0.1", port) == AMQP_STATUS_OK,
	       "no broker");
	insist(amqp_login(c, "/", 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN, "guest",
			  "guest")
			       .reply_type == AMQP_RESPONSE_NORMAL,
	       "not let in");
	amqp_channel_open(c, 1);
	replied(c, "no channel");
	return c;
}

static void declare(void)
{
	amqp_table_entry_t type = { .key = amqp_cstring_bytes("x-queue-type") };
	amqp_connection_state_t c = connect_broker();

	type.value.kind = AMQP_FIELD_KIND_UTF8;
	type.value.value.bytes = amqp_cstring_bytes("quorum");
	amqp_queue_declare(c, 1, amqp_cstring_bytes(QUEUE), 0, 1, 0, 0, (amqp_table_t){ 1, &type });
	replied(c, "no queue");
	amqp_connection_close(c, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(c);
}

static amqp_connection_state_t publisher(void)
{
	amqp_connection_state_t c = connect_broker();

	amqp_confirm_select(c, 1);
	replied(c, "no confirms");
	return c;
}

static void publish(amqp_connection_state_t c)
{
	static char body[SIZE];
	amqp_basic_properties_t p = { ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = 2 };

	insist(amqp_basic_publish(c, 1, amqp_empty_bytes, amqp_cstring_bytes(QUEUE), 1, 0, &p,
				  (amqp_bytes_t){ SIZE, body }) == AMQP_STATUS_OK,
	       "cannot publish");
}

/* Waits for the next confirm; how far it reaches, with *multiple. */
static uint64_t confirmed(amqp_connection_state_t c, int *multiple)
{
	amqp_frame_t frame;

	for (;;) {
		const amqp_basic_ack_t *ack;

		insist(amqp_simple_wait_frame(c, &frame) == AMQP_STATUS_OK, "no confirm");
		amqp_maybe_release_buffers(c);
		if (frame.frame_type != AMQP_FRAME_METHOD)
			continue;
		insist(frame.payload.method.id == AMQP_BASIC_ACK_METHOD, "not confirmed");
		ack = frame.payload.method.decoded;
		*multiple = !!ack->multiple;
		return ack->delivery_tag;
	}
}

static void put_many(int count)
{
	amqp_connection_state_t c = publisher();
	int multiple;

	for (int i = 0; i < count; i++) {
		publish(c);
		confirmed(c, &multiple);
	}
	amqp_destroy_connection(c);
}

static void put_windowed(int count)
{
	amqp_connection_state_t c = publisher();
	char *done = calloc((size_t)count + 1, 1);
	int sent = 0, answered = 0, multiple;

	insist(done != NULL, "out of memory");
	while (answered < count)
		if (sent < count && sent - answered < WINDOW) {
			publish(c);
			sent++;
		} else {
			uint64_t number = confirmed(c, &multiple);

			for (uint64_t i = multiple ? 1 : number; i <= number; i++) {
				answered += !done[i];
				done[i] = 1;
			}
		}
	free(done);
	amqp_destroy_connection(c);
}

static amqp_connection_state_t consumer(void)
{
	amqp_connection_state_t c = connect_broker();

	amqp_basic_qos(c, 1, 0, 1, 0);
	replied(c, "no prefetch");
	amqp_basic_consume(c, 1, amqp_cstring_bytes(QUEUE), amqp_empty_bytes, 0, 0, 0,
			   amqp_empty_table);
	replied(c, "no consumer");
	return c;
}

/* The next delivery's tag; 0 when none comes within two seconds. */
static uint64_t take(amqp_connection_state_t c)
{
	struct timeval limit = { .tv_sec = 2 };
	amqp_envelope_t envelope;
	uint64_t tag;

	amqp_maybe_release_buffers(c);
	if (amqp_consume_message(c, &envelope, &limit, 0).reply_type != AMQP_RESPONSE_NORMAL)
		return 0;
	tag = envelope.delivery_tag;
	amqp_destroy_envelope(&envelope);
	return tag;
}

static void work(int count)
{
	amqp_connection_state_t c = consumer();

	for (int i = 0; i < count; i++) {
		uint64_t tag = take(c);

		insist(tag > 0, "a message is missing");
		insist(amqp_basic_ack(c, 1, tag, 0) == AMQP_STATUS_OK, "cannot ack");
	}
	amqp_connection_close(c, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(c);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static long median(int64_t *times)
{
	qsort(times, ROUNDS, sizeof(*times), by_size);
	return (long)times[ROUNDS / 2];
}

/* Takes, says when; with hold it keeps what it took until it is killed. */
static pid_t start_teller(int *in, int hold)
{
	int pipes[2];
	pid_t pid;

	insist(pipe(pipes) == 0 && (pid = fork()) >= 0, "no process");
	if (pid == 0) {
		amqp_connection_state_t c = consumer();
		int64_t now = 0;

		for (;;) {
			uint64_t tag = take(c);

			now = og_mono_us();
			if (tag == 0)
				continue;
			if (write(pipes[1], &now, sizeof(now)) != sizeof(now))
				_exit(1);
			if (hold)
				pause();
			amqp_basic_ack(c, 1, tag, 0);
		}
	}
	close(pipes[1]);
	*in = pipes[0];
	return pid;
}

static int64_t told(int in)
{
	int64_t when;

	insist(read(in, &when, sizeof(when)) == sizeof(when), "nothing was told");
	return when;
}

static void stop(pid_t pid, int in)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(in);
}

static long claimed_us(void)
{
	amqp_connection_state_t c = publisher();
	int64_t times[ROUNDS];
	int in, multiple;
	pid_t teller = start_teller(&in, 0);

	usleep(200000);
	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = og_mono_us();

		publish(c);
		confirmed(c, &multiple);
		times[i] = told(in) - start;
		usleep(3000); /* idle again */
	}
	stop(teller, in);
	amqp_destroy_connection(c);
	return median(times);
}

/* One consumer holds the message, another waits. */
static long dead_us(void)
{
	int64_t times[ROUNDS], start;

	for (int i = 0; i < ROUNDS; i++) {
		int held, free_one;
		pid_t holder, teller;

		holder = start_teller(&held, 1);
		put_many(1);
		told(held);
		teller = start_teller(&free_one, 0);
		usleep(30000);
		start = og_mono_us();
		stop(holder, held);
		times[i] = told(free_one) - start;
		usleep(2000); /* its ack arrives */
		stop(teller, free_one);
	}
	return median(times);
}

static void once(void)
{
	amqp_connection_state_t c = publisher();
	int multiple;

	publish(c);
	confirmed(c, &multiple);
	amqp_connection_close(c, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(c);
}

int main(int argc, char **argv)
{
	long put_1, put_4, work_1, window;

	insist(argc > 1, "which port?");
	port = atoi(argv[1]);
	if (argc > 2) {
		once();
		return 0;
	}
	declare();
	usleep(1500000); /* what is declared just now is slow, and not yet safe */
	put_1 = rate(put_many, 1, PUTS);
	put_4 = rate(put_many, 4, PUTS / 4);
	work_1 = rate(work, 1, 2 * PUTS - PUTS % 4);
	window = rate(put_windowed, 1, 20 * WINDOW);
	rate(work, 1, 20 * WINDOW);
	printf("{\"put_1\":%ld,\"put_4\":%ld,\"put_window\":%ld,\"work_1\":%ld,"
	       "\"claimed_us\":%ld,\"dead_us\":%ld}\n",
	       put_1, put_4, window, work_1, claimed_us(), dead_us());
	return 0;
}
