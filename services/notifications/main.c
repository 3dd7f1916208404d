/* notifications: what customers are told. Events become notifications, jobs mail them. */
#include "gen/notifications/tables.h"
#include "message.h"
#include "notifications.h"
#include "service/config.h"

#include <stdio.h>

static struct mail_settings settings;

const struct mail_settings *mail_settings(void)
{
    return &settings;
}

static void configure(void)
{
    static char envelope[256];
    settings.smtp_url = config_text("SMTP_URL");
    settings.from = slice_from_text(config_text("MAIL_FROM"));
    settings.username = config_text_or("SMTP_USERNAME", NULL);
    settings.password = settings.username ? config_secret("SMTP_PASSWORD", 1).data : NULL;
    settings.staff_password_page = slice_from_text(config_text_or("STAFF_PASSWORD_PAGE", NULL));
    settings.unsubscribe_base = config_text("UNSUBSCRIBE_LINK_BASE");
    settings.require_tls = config_flag("SMTP_REQUIRE_TLS");
    struct slice address = message_address(settings.from);
    snprintf(envelope, sizeof envelope, "%.*s", SLICE_FMT(address));
    settings.envelope_from = envelope;
    (void)slice_cut(address, '@', &settings.domain);
}

int main(int argc, char **argv)
{
    const struct service service = { .name = "notifications", SERVICE_TABLES, .configure = configure };
    return service_main(argc, argv, &service);
}
