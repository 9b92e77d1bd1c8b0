/* trace.c: lines of traces, by how the runtimes of languages write them. */
#include "timeline/trace.h"

static bool is_name(char c)
{
    return char_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '.' ||
           c == '\\' || c == '$';
}

/* "#0 /var/www/db.php(4): PDO->query()", "#2 {main}" of PHP and Ruby. */
static bool is_numbered(struct str line)
{
    struct str rest = line;

    if (!str_take(&rest, "#"))
        return false;
    while (rest.len && char_is_digit(rest.p[0]))
        rest = str_from(rest, 1);
    return rest.len + 1 < line.len && str_starts(rest, " ");
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* "ValueError: x", "java.lang.IllegalStateException", "Illuminate\\QueryException: x",
 * "psycopg2.errors.UniqueViolation: x": what failed, by its class alone. */
static bool is_class(struct str line)
{
    size_t n = 0, part = 0;

    for (; n < line.len && is_name(line.p[n]); n++)
        part = line.p[n] == '.' ? n + 1 : part;
    return (n == line.len || line.p[n] == ':') &&
           (str_ends(str_head(line, n), "Error") || str_ends(str_head(line, n), "Exception") ||
            (part > 1 && part < n && is_upper(line.p[part]) && !is_upper(line.p[0])));
}

/* "net/http.(*conn).serve.func1()", "panic({0x6a2f00, 0x7551a0})": a call of Go, alone on a line.
 */
static bool is_call(struct str line)
{
    size_t n = 0;

    while (n < line.len && (is_name(line.p[n]) || line.p[n] == '/' || line.p[n] == '-'))
        n++;
    return n > 0 && n < line.len && line.p[n] == '(' && str_ends(line, ")");
}

/* "app/models/user.rb:12:in `name'", behind the mark of its request, as Rails writes it: "[9f1c]
 * app/models/user.rb:12:in `name'", "[9f1c] NoMethodError (undefined …):", "[9f1c]" alone. */
static bool is_ruby(struct str line)
{
    struct str rest = line;
    bool is_marked = str_take(&rest, "[") && memchr(rest.p, ']', rest.len);

    if (is_marked) {
        (void)str_cut(&rest, ']');
        rest = str_trim(rest);
    }
    return (is_marked && (rest.len == 0 || str_ends(rest, "):"))) ||
           (str_ends(rest, "'") && memmem(rest.p, rest.len, ":in `", 5));
}

/* "}", "\"}", "]}" and so on: what ends a value that has line ends in it. */
static bool is_end(struct str line)
{
    line = str_trim(line);
    for (size_t i = 0; i < line.len; i++)
        if (line.p[i] != '"' && line.p[i] != '}' && line.p[i] != ']' && line.p[i] != ')' &&
            line.p[i] != ',' && line.p[i] != ';')
            return false;
    return line.len > 0;
}

bool trace_is_frame(struct str line)
{
    struct str text = str_trim(line);
    bool is_behind = line.len && char_is_blank(line.p[0]);

    return is_numbered(text) ||
           (is_behind && (str_starts(text, "at ") || str_starts(text, "File \"") ||
                          (str_starts(text, "... ") && str_ends(text, " more"))));
}

bool trace_is_line(struct str line)
{
    static const char *const begins[] = {"Stack trace:",
                                         "[stacktrace]",
                                         "[previous exception]",
                                         "thrown in ",
                                         "PHP Stack trace:",
                                         "Caused by: ",
                                         "Traceback (most recent call last):",
                                         "During handling of the above exception",
                                         "The above exception was the direct cause",
                                         "--- End of ",
                                         "goroutine ",
                                         "created by ",
                                         "[signal SIG",
                                         "DETAIL:  ",
                                         "HINT:  ",
                                         "[SQL: ",
                                         "[parameters: ",
                                         "(Background on this error at: ",
                                         "at "};

    if (line.len && char_is_blank(line.p[0]))
        return true;
    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
        if (str_starts(line, begins[i]))
            return true;
    return is_numbered(line) || is_class(line) || is_end(line) || is_call(line) || is_ruby(line);
}
