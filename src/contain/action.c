/* action.c: the list of actions. */
#include "contain/action.h"

#define ACTION(name) extern const struct contain_action name;
#include "contain/actions.def"
#undef ACTION

const struct contain_action *const contain_actions[] = {
#define ACTION(name) &name,
#include "contain/actions.def"
#undef ACTION
    NULL};

const struct contain_action *contain_action(struct str name)
{
    for (size_t i = 0; contain_actions[i]; i++)
        if (str_is(name, contain_actions[i]->name))
            return contain_actions[i];
    return NULL;
}
