/* virtual_disk.c: knows files of virtual machines, and other containers, by their first bytes. */
#include "evidence/virtual_disk.h"
#include <string.h>
#include "base/compiler.h"

/* As STR, where a constant is wanted. */
#define MAGIC(literal)                                                                             \
    {                                                                                              \
        ("" literal), sizeof(literal) - 1                                                          \
    }

#define CONVERT                                                                                    \
    "it is a virtual disk, and what it holds is not read here. On a machine of your own, "         \
    "qemu-img "                                                                                    \
    "convert -O raw makes a raw image of it; qemu-img info names files that it is based on, "      \
    "which "                                                                                       \
    "are needed, too"

/* qemu's docs/interop/qcow2.rst, vmdk.rst and block/vdi.c; MS-VHDX 2.1; VHD Image Format
 * Specification 1.0; afflib's afflib.h. */
static const struct virtual_disk all[] = {
    {"QCOW2", CONVERT, 0, MAGIC("QFI\xfb")},
    {"VMDK", CONVERT, 0, MAGIC("KDMV")},
    {"VMDK", CONVERT, 0, MAGIC("COWD")},
    {"VMDK (its text alone)",
     "it names the files of a virtual disk, and holds nothing of it: take those. One that is "
     "called "
     "-flat.vmdk is a raw image; of others qemu-img convert -O raw makes one, with this text "
     "beside them",
     0, MAGIC("# Disk DescriptorFile")},
    {"VHD", CONVERT, 0, MAGIC("conectix")},
    {"VHDX", CONVERT, 0, MAGIC("vhdxfile")},
    {"VDI", CONVERT, 64, MAGIC("\x7f\x10\xda\xbe")},
    {"AFF", "calm does not read AFF. affconvert -r makes a raw image of it", 0,
     MAGIC("AFF10\r\n\0")},
};

const struct virtual_disk *virtual_disk_next(size_t at)
{
    return at < COUNT_OF(all) ? &all[at] : NULL;
}

const struct virtual_disk *virtual_disk_of(struct str head)
{
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (all[i].off + all[i].magic.len <= head.len &&
            memcmp(head.p + all[i].off, all[i].magic.p, all[i].magic.len) == 0)
            return &all[i];
    return NULL;
}
