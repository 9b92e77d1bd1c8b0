/* virtual_disk.c: knows files of virtual machines, and other containers, by their first bytes. */
#include "evidence/virtual_disk.h"
#include <string.h>
#include <strings.h>
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

#define CHOSEN                                                                                     \
    "it holds files that EnCase chose, not a disk, and is not read here. ewfexport -f files "      \
    "writes "                                                                                      \
    "them out"
#define OF_MACOS                                                                                   \
    "it is a disk image of macOS, and what it holds is not read here. dmg2img makes a raw image "  \
    "of it, or on a Mac hdiutil convert -format UDTO"

/* qemu's docs/interop/qcow2.rst, vmdk.rst and block/vdi.c; MS-VHDX 2.1; VHD Image Format
 * Specification 1.0; afflib's afflib.h; libewf's documents on EWF and EWF2, section "file header";
 * qemu's block/dmg.c for koly; libfsapfs' and dfvfs' documents for the others of macOS and AD1. */
static const struct virtual_disk all[] = {
    {"QCOW2", CONVERT, 0, MAGIC("QFI\xfb"), false},
    {"VMDK", CONVERT, 0, MAGIC("KDMV"), false},
    {"VMDK", CONVERT, 0, MAGIC("COWD"), false},
    {"VMDK (its text alone)",
     "it names the files of a virtual disk, and holds nothing of it: take those. One that is "
     "called "
     "-flat.vmdk is a raw image; of others qemu-img convert -O raw makes one, with this text "
     "beside them",
     0, MAGIC("# Disk DescriptorFile"), false},
    {"VHD", CONVERT, 0, MAGIC("conectix"), false},
    {"VHDX", CONVERT, 0, MAGIC("vhdxfile"), false},
    {"VDI", CONVERT, 64, MAGIC("\x7f\x10\xda\xbe"), false},
    {"AFF", "calm does not read AFF. affconvert -r makes a raw image of it", 0,
     MAGIC("AFF10\r\n\0"), false},
    {"Ex01", "calm does not read Ex01, of EnCase 7. ewfexport -f encase6 makes an E01 of it", 0,
     MAGIC("EVF2\r\n\x81\0"), false},
    {"L01", CHOSEN, 0, MAGIC("LVF\t\r\n\xff\0"), false},
    {"Lx01", CHOSEN, 0, MAGIC("LEF2\r\n\x81\0"), false},
    {"AD1",
     "it holds files that FTK Imager chose, not a disk, and is not read here. FTK Imager writes "
     "them out",
     0, MAGIC("ADSEGMENTEDFILE\0"), false},
    {"image that FTK Imager encrypted", "FTK Imager decrypts it", 0, MAGIC("ADCRYPT\0"), false},
    {"DMG (encrypted)",
     "it is a disk image of macOS, and what it holds is not read here. On a Mac, hdiutil convert "
     "-format UDTO asks for its passphrase, and makes a raw image of it",
     0, MAGIC("encrcdsa"), false},
    {"sparse image", OF_MACOS, 0, MAGIC("sprs\0\0\0\3"), false},
    {"DMG", OF_MACOS, 512, MAGIC("koly\0\0\0\4"), true},
};

const struct virtual_disk *virtual_disk_next(size_t at)
{
    return at < COUNT_OF(all) ? &all[at] : NULL;
}

static bool has_mark(const struct virtual_disk *d, struct str head, struct str tail)
{
    struct str from = d->from_end ? tail : head;
    uint64_t at = d->from_end ? from.len - d->off : d->off;

    if (d->from_end && from.len < d->off)
        return false;
    return at + d->magic.len <= from.len && memcmp(from.p + at, d->magic.p, d->magic.len) == 0;
}

const struct virtual_disk *virtual_disk_of(struct str head, struct str tail)
{
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (has_mark(&all[i], head, tail))
            return &all[i];
    return NULL;
}

bool virtual_disk_has_tail(struct str name)
{
    return name.len > 4 && strncasecmp(name.p + name.len - 4, ".dmg", 4) == 0;
}

void virtual_disk_say(const struct virtual_disk *d, struct buf *out)
{
    buf_addf(out, "By its %s bytes it is of the kind %s: %s", d->from_end ? "last" : "first",
             d->kind, d->advice);
}
