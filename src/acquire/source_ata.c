/* source_ata.c: asks an ATA device for what it hides behind its reported size. Nothing that changes
 * it is sent. */
#include "acquire/source_ata.h"
#include <scsi/sg.h>
#include <sys/ioctl.h>
#include "base/mem.h"

enum { ATA_TIMEOUT_MS = 5000 };

static void add_note(struct source_facts *f, const char *sentence)
{
    CLEANUP_BUF struct buf text = {0};

    buf_addf(&text, "%s%s%s", f->note, f->note[0] ? " " : "", sentence);
    free(f->note);
    f->note = buf_take(&text);
}

/* An ATA command without or with one sector of answer, through SCSI (SAT-3, ATA PASS-THROUGH 16).
 */
static bool ata_ask(int fd, uint8_t command, uint8_t features, bool has_data, uint8_t *data,
                    uint8_t sense[32])
{
    uint8_t cdb[16] = {0x85, (uint8_t)((has_data ? 4 : 3) << 1 | 1)};
    sg_io_hdr_t io = {.interface_id = 'S',
                      .dxfer_direction = has_data ? SG_DXFER_FROM_DEV : SG_DXFER_NONE,
                      .cmd_len = sizeof(cdb),
                      .mx_sb_len = 32,
                      .dxfer_len = has_data ? ATA_SIZE : 0,
                      .dxferp = data,
                      .cmdp = cdb,
                      .sbp = sense,
                      .timeout = ATA_TIMEOUT_MS};

    cdb[2] = has_data ? 0x2e : 0x20; /* tell the registers; from the device, in sectors */
    cdb[4] = features;
    cdb[6] = has_data ? 1 : 0;
    cdb[13] = 0x40; /* LBA */
    cdb[14] = command;
    memset(sense, 0, 32);
    return ioctl(fd, SG_IO, &io) == 0 && io.host_status == 0;
}

uint64_t ata_native_sectors(const uint8_t sense[32])
{
    /* The ATA status return descriptor: 09h, 0Ch, …, LBA bytes alternating high and low. */
    const uint8_t *d = sense + 8;
    uint64_t lba;

    if ((sense[0] & 0x7f) < 0x72 || d[0] != 0x09 || d[1] != 0x0c || (d[13] & 0x01))
        return 0;
    lba = (uint64_t)d[7] | (uint64_t)d[9] << 8 | (uint64_t)d[11] << 16 | (uint64_t)d[6] << 24 |
          (uint64_t)d[8] << 32 | (uint64_t)d[10] << 40;
    return lba ? lba + 1 : 0;
}

static uint64_t word(const uint8_t *data, unsigned number)
{
    return (uint64_t)data[2 * number] | (uint64_t)data[2 * number + 1] << 8;
}

uint64_t ata_factory_sectors(const uint8_t data[ATA_SIZE])
{
    uint8_t sum = 0;
    uint64_t last = word(data, 3) | word(data, 4) << 16 | word(data, 5) << 32 | word(data, 6) << 48;

    for (unsigned i = 0; i < ATA_SIZE; i++)
        sum = (uint8_t)(sum + data[i]);
    if (sum != 0 || data[2 * 255] != 0xa5 || word(data, 0) == 0 || last == 0 || last >> 48)
        return 0;
    return last + 1;
}

/* READ NATIVE MAX ADDRESS EXT: behind what was set with SET MAX ADDRESS. */
static void ask_native(int fd, struct source_facts *f)
{
    uint8_t sense[32];
    uint64_t sectors = ata_ask(fd, 0x27, 0, false, NULL, sense) ? ata_native_sectors(sense) : 0;

    if (sectors == 0) {
        add_note(f,
                 "The device has a host protected area feature and did not say its native size.");
        return;
    }
    f->native_size = sectors * f->logical_size;
    if (f->native_size > f->size)
        add_note(f, "The device hides an area behind its reported size (HPA); it is not in the "
                    "image, and was not changed.");
}

/* DEVICE CONFIGURATION IDENTIFY: behind what was set with DEVICE CONFIGURATION SET. It is asked of
 * those alone that say they know it: of the same command other features change the device. */
static void ask_factory(int fd, struct source_facts *f)
{
    enum { CONFIGURATION = 0xb1, IDENTIFY = 0xc2 };
    uint8_t data[ATA_SIZE] = {0}, sense[32];
    uint64_t sectors =
        ata_ask(fd, CONFIGURATION, IDENTIFY, true, data, sense) ? ata_factory_sectors(data) : 0;

    if (sectors == 0) {
        add_note(f, "The device can be configured to a smaller size (DCO) and did not say the one "
                    "that it was made with.");
        return;
    }
    f->factory_size = sectors * f->logical_size;
    if (f->factory_size > f->size && f->factory_size > f->native_size)
        add_note(f, "The device was configured to a smaller size than it was made with (DCO); what "
                    "it hides so is not in the image, and was not changed.");
}

bool ata_has_configuration(const uint8_t identity[ATA_SIZE])
{
    return (word(identity, 83) & 0xc800) == 0x4800;
}

void device_native_size(int fd, struct source_facts *f)
{
    uint8_t identity[ATA_SIZE] = {0}, sense[32];

    if (!f->is_whole_device)
        return;
    if (!ata_ask(fd, 0xec, 0, true, identity, sense) || word(identity, 0) == 0) {
        add_note(f, "Hidden areas: not known, it does not answer to ATA.");
        return;
    }
    /* ACS-3: IDENTIFY DEVICE, word 82 bit 10: the HPA feature set is there. */
    if (word(identity, 82) & 0x0400)
        ask_native(fd, f);
    else
        f->native_size = f->size;
    if (ata_has_configuration(identity))
        ask_factory(fd, f);
}
