/* Places of shields: what is one, and what could be a trick. */
#include "lib/proc/place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "tests/unit/unit.h"

static void places(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_place place;

	OG_CHECK_OK(og_place_parse("none", &place, &err), &err);
	OG_CHECK_INT(place.kind, OG_PLACE_NONE);
	OG_CHECK_OK(og_place_parse("local:", &place, &err), &err);
	OG_CHECK_INT(place.kind, OG_PLACE_LOCAL);
	OG_CHECK_OK(og_place_parse("unix:/run/a shield's.sock", &place, &err), &err);
	OG_CHECK_INT(place.kind, OG_PLACE_UNIX);
	OG_CHECK_STR(place.path, "/run/a shield's.sock");
	OG_CHECK_OK(og_place_parse("ssh://db/srv/erp", &place, &err), &err);
	OG_CHECK_INT(place.kind, OG_PLACE_SSH);
	OG_CHECK_STR(place.user, "");
	OG_CHECK_STR(place.host, "db");
	OG_CHECK_STR(place.port, "");
	OG_CHECK_STR(place.path, "/srv/erp");
	OG_CHECK_OK(og_place_parse("ssh://w.1-a@db.example.org:2222/srv/a:b@c", &place, &err),
		    &err);
	OG_CHECK_STR(place.user, "w.1-a");
	OG_CHECK_STR(place.host, "db.example.org");
	OG_CHECK_STR(place.port, "2222");
	OG_CHECK_STR(place.path, "/srv/a:b@c");
	OG_CHECK_OK(og_place_parse("ssh://[fe80::1]:22/x", &place, &err), &err);
	OG_CHECK_STR(place.host, "fe80::1");
	OG_CHECK_STR(place.port, "22");
	OG_CHECK_OK(og_place_parse("ssh://[::1]/x", &place, &err), &err);
	OG_CHECK_STR(place.host, "::1");
}

static void no_places(void)
{
	static const char *const bad[] = {
		"",
		"local",
		"local:x",
		"LOCAL:",
		"none ",
		"unix:",
		"unix:/a\nb",
		"unix:/a\\b",
		"unix:/\xff",
		"tcp://host/x",
		"ssh:",
		"ssh://",
		"ssh:///x",
		"ssh://host",
		"ssh://host:22",
		"ssh://@host/x",
		"ssh://user@/x",
		"ssh://a@b@c/x",
		"ssh://user:secret@host/x",
		/* options */
		"ssh://-oProxyCommand=touch${IFS}x/y",
		"ssh://-oProxyCommand=id/x",
		"ssh://-luser@host/x",
		"ssh://user@-host/x",
		"ssh://[-1]/x",
		/* more than one word, for us or for a shell */
		"ssh://host name/x",
		"ssh://host;id/x",
		"ssh://host$(id)/x",
		"ssh://`id`/x",
		"ssh://host\n/x",
		"ssh://us er@host/x",
		"ssh://us;er@host/x",
		"ssh://us'er@host/x",
		"ssh://us%er@host/x",
		"ssh://h%6fst/x",
		"ssh://host:0/x",
		"ssh://host:65536/x",
		"ssh://host:22x/x",
		"ssh://host:-1/x",
		"ssh://host:/x",
		"ssh://[::1/x",
		"ssh://[::1]x/x",
		"ssh://[]/x",
		"ssh://host/a\nid",
		"ssh://host/a\rid",
		"ssh://host/a\033[2J",
		"ssh://host/a\177",
		"ssh://host/\\';id;'",
		"ssh://host/\xc0\xaf",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct og_err err = OG_ERR_INIT;
		struct og_place place;

		if (!OG_CHECK(og_place_parse(bad[i], &place, &err) < 0))
			printf("# taken: %s\n", bad[i]);
		OG_CHECK_INT(err.code, OG_ECONF);
	}
}

static void too_long(void)
{
	char text[2 * OG_PLACE_PATH_MAX];
	struct og_err err = OG_ERR_INIT;
	struct og_place place;

	memset(text, 'a', sizeof(text));
	memcpy(text, "ssh://", 6);
	text[300] = '/';
	text[400] = '\0';
	OG_CHECK(og_place_parse(text, &place, &err) < 0); /* the host */
	text[10] = '/';
	OG_CHECK_OK(og_place_parse(text, &place, &err), &err);
	memset(text + 11, 'a', sizeof(text) - 11);
	text[sizeof(text) - 1] = '\0';
	OG_CHECK(og_place_parse(text, &place, &err) < 0); /* the path */
}

static void quoted(const char *path, const char *want)
{
	char url[256];
	struct og_err err = OG_ERR_INIT;
	struct og_place place;
	struct og_buf command;

	og_buf_init(&command, 4096);
	snprintf(url, sizeof(url), "ssh://host%s", path);
	if (OG_CHECK_OK(og_place_parse(url, &place, &err), &err) &&
	    OG_CHECK_OK(og_place_command(&place, &command, &err), &err))
		OG_CHECK_STR(command.data, want);
	og_buf_release(&command);
}

static void commands(void)
{
	quoted("/srv/erp", "og-shield --channel --home '/srv/erp'");
	quoted("/a b", "og-shield --channel --home '/a b'");
	quoted("/a;id", "og-shield --channel --home '/a;id'");
	quoted("/$(id)`id`\"", "og-shield --channel --home '/$(id)`id`\"'");
	quoted("/it's", "og-shield --channel --home '/it'\\''s'");
	quoted("/';id;'", "og-shield --channel --home '/'\\'';id;'\\'''");
	quoted("/-oProxyCommand=id", "og-shield --channel --home '/-oProxyCommand=id'");
}

/* A program in ssh's place that hands its last argument to a shell, as the
 * other host does, and a shield there that says what it was given. */
static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	OG_CHECK(fd >= 0);
	OG_CHECK_INT(og_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void arrives(const char *dir, const char *url, const char *want_args, const char *want_home)
{
	char ssh[256], args[256], home[256];
	struct og_shield_place where = { url, "/none", "/none", ssh };
	struct og_child child = { -1, -1, -1 };
	struct og_err err = OG_ERR_INIT;
	struct og_buf got;

	snprintf(ssh, sizeof(ssh), "%s/ssh", dir);
	snprintf(args, sizeof(args), "%s/args", dir);
	snprintf(home, sizeof(home), "%s/home", dir);
	unlink(args);
	unlink(home);
	if (!OG_CHECK_OK(og_place_connect(&where, &child, &err), &err))
		return;
	og_child_end(&child, INT64_MAX, NULL);
	og_buf_init(&got, 4096);
	OG_CHECK_OK(og_file_read(args, "arguments", &got, &err), &err);
	OG_CHECK(got.data && strstr(got.data, want_args));
	og_buf_clear(&got);
	OG_CHECK_OK(og_file_read(home, "home", &got, &err), &err);
	OG_CHECK_STR(got.data, want_home);
	og_buf_release(&got);
}

static void over_ssh(void)
{
	char dir[] = "/tmp/og-place-XXXXXX", path[64], text[512];

	if (!OG_CHECK(mkdtemp(dir) != NULL))
		return;
	snprintf(path, sizeof(path), "%s/ssh", dir);
	snprintf(text, sizeof(text),
		 "#!/bin/sh\ncd %s || exit 1\nprintf '<%%s>' \"$@\" >args\n"
		 "for last; do :; done\nPATH=%s:$PATH exec sh -c \"$last\"\n",
		 dir, dir);
	write_file(path, text);
	snprintf(path, sizeof(path), "%s/og-shield", dir);
	snprintf(text, sizeof(text), "#!/bin/sh\nprintf '%%s' \"$3\" >%s/home\n", dir);
	write_file(path, text);
	arrives(dir, "ssh://host/srv/erp", "<--><host><og-shield --channel", "/srv/erp");
	arrives(dir, "ssh://me@host:2222/a b", "<-l><me><-p><2222><--><host>", "/a b");
	arrives(dir, "ssh://host/it's; touch pwned $(touch pwned) `touch pwned`",
		"<-o><BatchMode=yes>", "/it's; touch pwned $(touch pwned) `touch pwned`");
	snprintf(path, sizeof(path), "%s/pwned", dir);
	OG_CHECK(access(path, F_OK) < 0);
	snprintf(text, sizeof(text), "rm -r '%s'", dir);
	OG_CHECK_INT(system(text), 0);
}

static int connect_code(const char *url)
{
	struct og_shield_place where = { url, "/none", "/nowhere", NULL };
	struct og_child child = { -1, -1, -1 };
	struct og_err err = OG_ERR_INIT;

	OG_CHECK(og_place_connect(&where, &child, &err) < 0);
	OG_CHECK_INT(child.pid, -1);
	return err.code;
}

static void nobody_there(void)
{
	OG_CHECK_INT(connect_code("none"), OG_ECONF);
	OG_CHECK_INT(connect_code("local:"), OG_EUNAVAIL);
	OG_CHECK_INT(connect_code("ssh://host/x"), OG_EUNAVAIL); /* no ssh here */
	OG_CHECK_INT(connect_code("unix:/nowhere/at/all"), OG_EUNAVAIL);
	OG_CHECK_INT(connect_code("unix:relative"), OG_EUNAVAIL);
	OG_CHECK_INT(connect_code("unix:/"
				  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		     OG_ECONF);
}

int main(void)
{
	OG_RUN(places);
	OG_RUN(no_places);
	OG_RUN(too_long);
	OG_RUN(commands);
	OG_RUN(over_ssh);
	OG_RUN(nobody_there);
	return og_done();
}
