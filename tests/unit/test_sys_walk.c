/* test_sys_walk.c: folders that change under the walk, and links that try to lead out of it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "base/file_kind.h"
#include "sys/file.h"
#include "sys/interrupt.h"
#include "sys/walk.h"

struct scene {
    char folder[64];
    int before; /* the folder one stood in */
};

static int begin(void **state)
{
    struct scene *s = mem_new(struct scene);

    snprintf(s->folder, sizeof(s->folder), "/tmp/calm-walk-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    s->before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(chdir(s->folder), 0);
    *state = s;
    return 0;
}

static int end(void **state)
{
    struct scene *s = *state;
    char *const argv[] = {(char *)"rm", (char *)"-rf", s->folder, NULL};
    pid_t pid = fork();

    if (pid == 0) {
        execv("/bin/rm", argv);
        _exit(1);
    }
    assert_int_equal(fchdir(s->before), 0);
    close(s->before);
    free(s);
    return 0;
}

static void put(const char *path, const char *text)
{
    assert_int_equal(file_write(path, str_of(text), 0644, NULL), 0);
}

static const struct walk_entry *find(const struct walk *w, const char *end_of_path)
{
    for (size_t i = 0; i < w->count; i++)
        if (str_ends(str_of(w->entries[i].path), end_of_path))
            return &w->entries[i];
    return NULL;
}

static void a_folder_is_listed_with_all_in_it_each_folder_first(void **state)
{
    static const char *const wanted[] = {"", "/a", "/a/b", "/a/b/deep", "/a/first", "/z"};
    CLEANUP(walk_release) struct walk w;
    struct scene *s = *state;

    put("z", "z");
    assert_int_equal(folder_make("a/b", 0755, NULL), 0);
    put("a/b/deep", "d");
    put("a/first", "f");
    walk_init(&w);
    assert_int_equal(walk_add(&w, ".", NULL), 0);
    assert_int_equal(w.count, COUNT_OF(wanted));
    for (size_t i = 0; i < w.count; i++) {
        char path[200];

        snprintf(path, sizeof(path), "%s%s", s->folder, wanted[i]);
        assert_string_equal(w.entries[i].path, path);
        assert_null(w.entries[i].trouble);
        assert_int_equal(w.entries[i].is_named, i == 0);
    }
}

static void every_way_to_write_a_name_gives_the_same_path(void **state)
{
    static const char *const written[] = {"sub/f", "./sub/f", "sub//f", "sub/../sub/f", "link/f"};
    struct scene *s = *state;
    char wanted[200];

    assert_int_equal(folder_make("sub", 0755, NULL), 0);
    put("sub/f", "f");
    assert_int_equal(symlink("sub", "link"), 0);
    snprintf(wanted, sizeof(wanted), "%s/sub/f", s->folder);
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        CLEANUP(walk_release) struct walk w;

        walk_init(&w);
        assert_int_equal(walk_add(&w, written[i], NULL), 0);
        assert_string_equal(w.entries[0].path, wanted);
    }
}

static void a_link_is_itself_also_when_it_is_named(void **state)
{
    CLEANUP(walk_release) struct walk w;

    (void)state;
    assert_int_equal(symlink("/etc", "link"), 0);
    walk_init(&w);
    assert_int_equal(walk_add(&w, "link/", NULL), 0);
    assert_int_equal(w.count, 1);
    assert_string_equal(file_kind(w.entries[0].st.st_mode), "link");
    assert_string_equal(w.entries[0].target, "/etc");
}

static void a_folder_swapped_for_a_link_leads_nowhere(void **state)
{
    CLEANUP(walk_release) struct walk w;
    CLEANUP_FD int fd = -1;
    struct err e = {0};
    bool keeps_time;

    (void)state;
    assert_int_equal(folder_make("tree/sub", 0755, NULL), 0);
    assert_int_equal(folder_make("other", 0755, NULL), 0);
    put("tree/sub/f", "inside");
    put("other/f", "outside");
    walk_init(&w);
    assert_int_equal(walk_add(&w, "tree", NULL), 0);
    assert_int_equal(rename("tree/sub", "tree/gone"), 0);
    assert_int_equal(symlink("../other", "tree/sub"), 0);
    assert_true(walk_open(&w, find(&w, "/sub/f"), &fd, &keeps_time, &e) < 0);
    assert_int_equal(fd, -1);
}

static void a_file_swapped_for_something_else_is_not_opened(void **state)
{
    CLEANUP(walk_release) struct walk w;
    CLEANUP_FD int fd = -1;
    struct err e = {0};
    bool keeps_time;

    (void)state;
    put("fifo", "was a file");
    put("link", "was a file");
    walk_init(&w);
    assert_int_equal(walk_add(&w, ".", NULL), 0);
    assert_int_equal(unlink("fifo"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(unlink("link"), 0);
    assert_int_equal(symlink("/etc/passwd", "link"), 0);
    alarm(20); /* a FIFO must not hang us */
    assert_int_equal(walk_open(&w, find(&w, "/fifo"), &fd, &keeps_time, &e), ERR_USAGE);
    assert_true(walk_open(&w, find(&w, "/link"), &fd, &keeps_time, &e) < 0);
    alarm(0);
    assert_int_equal(fd, -1);
}

static void what_is_avoided_is_named_and_not_entered(void **state)
{
    CLEANUP(walk_release) struct walk w;

    (void)state;
    assert_int_equal(folder_make("case", 0755, NULL), 0);
    put("case/secret", "s");
    walk_init(&w);
    walk_avoid(&w, "case", "it is the case");
    assert_int_equal(walk_add(&w, ".", NULL), 0);
    assert_string_equal(find(&w, "/case")->trouble, "it is the case");
    assert_null(find(&w, "/secret"));
}

static void a_name_that_is_not_there_is_an_error(void **state)
{
    CLEANUP(walk_release) struct walk w;
    struct err e = {0};

    (void)state;
    walk_init(&w);
    assert_int_equal(walk_add(&w, "gone", &e), ERR_NOTFOUND);
    assert_non_null(strstr(e.text, "gone"));
    assert_int_equal(walk_add(&w, "gone/below", &e), ERR_NOTFOUND);
}

static void a_signal_is_noted_and_then_means_what_it_meant(void **state)
{
    CLEANUP(walk_release) struct walk w;
    struct interrupt signals;
    struct sigaction now;

    (void)state;
    walk_init(&w);
    put("f", "f");
    interrupt_begin(&signals);
    assert_false(interrupt_came());
    raise(SIGINT);
    assert_true(interrupt_came());
    assert_int_equal(walk_add(&w, ".", NULL), ERR_CANCEL);
    interrupt_end(&signals);
    sigaction(SIGINT, NULL, &now);
    assert_ptr_equal(now.sa_handler, SIG_DFL);
    signal(SIGHUP, SIG_IGN);
    interrupt_begin(&signals);
    assert_false(interrupt_came());
    raise(SIGHUP);
    assert_false(interrupt_came()); /* under nohup a terminal that goes away is nothing */
    interrupt_end(&signals);
    signal(SIGHUP, SIG_DFL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_folder_is_listed_with_all_in_it_each_folder_first),
        TEST(every_way_to_write_a_name_gives_the_same_path),
        TEST(a_link_is_itself_also_when_it_is_named),
        TEST(a_folder_swapped_for_a_link_leads_nowhere),
        TEST(a_file_swapped_for_something_else_is_not_opened),
        TEST(what_is_avoided_is_named_and_not_entered),
        TEST(a_name_that_is_not_there_is_an_error),
        TEST(a_signal_is_noted_and_then_means_what_it_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
