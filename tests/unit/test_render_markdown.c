/* test_render_markdown.c: Markdown as other programs read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <locale.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include "test_render_hostile.h"

static void write_file(const char *path, struct str text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.len), (ssize_t)text.len);
    close(fd);
}

static void read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    assert_true(fd >= 0);
    while ((got = read(fd, buf_room(out, 65536), 65536)) > 0)
        out->len += (size_t)got;
    assert_int_equal(got, 0);
    close(fd);
}

/* What another program makes of Markdown. False when that program is not there. */
static bool run_reader(char *const *command, struct str markdown, struct buf *html)
{
    char in[] = "/tmp/test_render_in.XXXXXX";
    char out[] = "/tmp/test_render_out.XXXXXX";
    posix_spawn_file_actions_t files;
    extern char **environ;
    int status = 0;
    pid_t pid;
    int error;

    close(mkstemp(in));
    close(mkstemp(out));
    write_file(in, markdown);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, in, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, out, O_WRONLY | O_TRUNC, 0);
    error = posix_spawnp(&pid, command[0], &files, NULL, command, environ);
    posix_spawn_file_actions_destroy(&files);
    if (!error) {
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        read_file(out, html);
    }
    unlink(in);
    unlink(out);
    return !error;
}

/* The tags of HTML that someone else wrote, without their attributes. */
static void tags_of(struct str html, struct buf *tags)
{
    while (html.len) {
        struct str tag;
        size_t len = 0;

        str_cut(&html, '<');
        tag = str_cut(&html, '>');
        while (len < tag.len && tag.p[len] != ' ' && tag.p[len] != '\n')
            len++;
        if (len)
            buf_addf(tags, "<%.*s>", (int)len, tag.p);
    }
}

/* Everything but the widths of columns, and emphasis and code, which words that begin with a sign,
 * or are empty, do not get.
 */
static void without_marks(struct buf *tags)
{
    static const char *const marks[] = {"<em>",       "</em>",       "<strong>",
                                        "</strong>",  "<code>",      "</code>",
                                        "<colgroup>", "</colgroup>", "<col>"};

    for (size_t i = 0; i < COUNT_OF(marks); i++)
        for (char *at = strstr(tags->p, marks[i]); at; at = strstr(at, marks[i]))
            memmove(at, at + strlen(marks[i]), strlen(at + strlen(marks[i])) + 1);
    tags->len = strlen(tags->p);
}

static void assert_same_tags(const char *reader, const char *plain, const char *tags)
{
    size_t same = 0;

    while (plain[same] && plain[same] == tags[same])
        same++;
    if (plain[same] != tags[same])
        print_message("%s: after %s\nexpected %.200s\ngot      %.200s\n", reader,
                      plain + (same > 300 ? same - 300 : 0), plain + same, tags + same);
    assert_true(plain[same] == tags[same]);
}

/* All texts in a row, so that one that opens something is seen to swallow what follows. */
static void markdown_of_all(struct buf *out, bool plain)
{
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        CLEANUP(arena_freep) struct arena *a = arena_new();

        if (str_trim(hostile[i]).len) /* a paragraph of nothing is none */
            doc_markdown(every_place(a, plain ? STR("x") : hostile[i]), out);
    }
}

static bool reader_sees_the_same_blocks(char *const *reader)
{
    struct buf tags[2] = {0};

    for (int plain = 0; plain < 2; plain++) {
        CLEANUP_BUF struct buf text = {0};
        CLEANUP_BUF struct buf html = {0};

        markdown_of_all(&text, plain);
        if (!run_reader(reader, buf_str(&text), &html))
            return false;
        tags_of(buf_str(&html), &tags[plain]);
        without_marks(&tags[plain]);
    }
    assert_same_tags(reader[0], buf_text(&tags[1]), buf_text(&tags[0]));
    buf_release(&tags[0]);
    buf_release(&tags[1]);
    return true;
}

static void hostile_text_never_changes_the_blocks_of_markdown(void **state)
{
    static char *const cmark[] = {"cmark", "--unsafe", NULL};
    static char *const github[] = {"pandoc", "-f", "gfm", "-t", "html", NULL};
    static char *const pandoc[] = {"pandoc", "-f", "markdown", "-t", "html", NULL};
    static char *const *const readers[] = {cmark, github, pandoc};
    size_t ran = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        ran += reader_sees_the_same_blocks(readers[i]);
    if (!ran) {
        print_message("skipped: neither cmark nor pandoc is installed\n");
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_text_never_changes_the_blocks_of_markdown),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
