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

static bool send(void *context, uint8_t cdb[16], uint8_t *data, uint8_t sense[32])
{
    sg_io_hdr_t io = {.interface_id = 'S',
                      .dxfer_direction = data ? SG_DXFER_FROM_DEV : SG_DXFER_NONE,
                      .cmd_len = 16,
                      .mx_sb_len = 32,
                      .dxfer_len = data ? ATA_SIZE : 0,
                      .dxferp = data,
                      .cmdp = cdb,
                      .sbp = sense,
                      .timeout = ATA_TIMEOUT_MS};

    return ioctl(*(const int *)context, SG_IO, &io) == 0 && io.host_status == 0;
}

/* Of 48 bits only READ NATIVE MAX ADDRESS EXT is. */
enum {
    READ_NATIVE_MAX_EXT = 0x27,
    DEVICE_CONFIGURATION = 0xb1,
    CONFIGURATION_IDENTIFY = 0xc2,
    IDENTIFY_DEVICE = 0xec,
};

/* An ATA command without or with one sector of answer (SAT-3, ATA PASS-THROUGH (16)). */
static bool ata_ask(const struct ata_transport *t, uint8_t command, uint8_t features, uint8_t *data,
                    uint8_t sense[32])
{
    enum { PIO_IN = 4, NO_DATA = 3, TELL_REGISTERS = 0x20, ONE_SECTOR_IN = 0x0e, LBA = 0x40 };
    uint8_t cdb[16] = {[0] = 0x85, [4] = features, [13] = LBA, [14] = command};

    cdb[1] = (uint8_t)((data ? PIO_IN : NO_DATA) << 1 | (command == READ_NATIVE_MAX_EXT));
    cdb[2] = TELL_REGISTERS | (data ? ONE_SECTOR_IN : 0);
    cdb[6] = data ? 1 : 0;
    memset(sense, 0, 32);
    return t->send(t->context, cdb, data, sense);
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
static void ask_native(const struct ata_transport *t, struct source_facts *f)
{
    uint8_t sense[32];
    uint64_t sectors =
        ata_ask(t, READ_NATIVE_MAX_EXT, 0, NULL, sense) ? ata_native_sectors(sense) : 0;

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
static void ask_factory(const struct ata_transport *t, struct source_facts *f)
{
    uint8_t data[ATA_SIZE] = {0}, sense[32];
    uint64_t sectors = ata_ask(t, DEVICE_CONFIGURATION, CONFIGURATION_IDENTIFY, data, sense)
                           ? ata_factory_sectors(data)
                           : 0;

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

void ata_native_size(const struct ata_transport *t, struct source_facts *f)
{
    uint8_t identity[ATA_SIZE] = {0}, sense[32];

    if (!f->is_whole_device)
        return;
    if (!ata_ask(t, IDENTIFY_DEVICE, 0, identity, sense) || word(identity, 0) == 0) {
        add_note(f, "Hidden areas: not known, it does not answer to ATA.");
        return;
    }
    /* ACS-3: IDENTIFY DEVICE, word 82 bit 10: the HPA feature set is there. */
    if (word(identity, 82) & 0x0400)
        ask_native(t, f);
    else
        f->native_size = f->size;
    if (ata_has_configuration(identity))
        ask_factory(t, f);
}

void device_native_size(int fd, struct source_facts *f)
{
    ata_native_size(&(struct ata_transport){send, &fd}, f);
}
