"""Texts of the list of webhooks and of the page of each."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class WebhookPage:
    """What the pages of webhooks say."""

    title: Final = Text(de="Webhooks", en="Webhooks")
    intro: Final = Text(
        de="An diese Adressen Ihres Hauses meldet der Dienst, was geschehen ist. Angelegt und geändert werden sie über"
        " die Schnittstelle.",
        en="The service tells these addresses of your organisation what happened. They are added and changed by the"
        " interface.",
    )
    none: Final = Text(de="Es gibt noch keine Webhooks.", en="There are no webhooks yet.")
    table: Final = Text(de="Webhooks, die neuesten zuerst", en="Webhooks, newest first")
    back: Final = Text(de="Alle Webhooks", en="All webhooks")
    address: Final = Text(de="Adresse", en="Address")
    description: Final = Text(de="Beschreibung", en="Description")
    types: Final = Text(de="Ereignisse", en="Events")
    every: Final = Text(de="alle", en="all")
    state: Final = Text(de="Zustand", en="State")
    created: Final = Text(de="Angelegt", en="Added")
    states: Final = MappingProxyType(
        {
            "enabled": Text(de="aktiv", en="enabled"),
            "disabled": Text(de="abgeschaltet", en="disabled"),
        }
    )
    failing: Final = Text(de="schlägt seit {moment} fehl", en="failing since {moment}")
    disabled: Final = Text(de="abgeschaltet am {moment}: {why}", en="disabled on {moment}: {why}")
    reasons: Final = MappingProxyType(
        {
            "by_lender": Text(de="von Ihrem Haus", en="by your organisation"),
            "by_operator": Text(de="vom Betreiber des Dienstes", en="by the operator of the service"),
            "gone": Text(
                de="die Gegenstelle hat geantwortet, dass sie nichts mehr will (410)",
                en="the endpoint answered that it wants nothing more (410)",
            ),
            "failing": Text(de="drei Tage lang ist jeder Versuch fehlgeschlagen", en="every try failed for three days"),
        }
    )
    repair: Final = Text(
        de="Beheben Sie die Ursache, schalten Sie den Webhook ein und lassen Sie über die Schnittstelle nachsenden, was"
        " er versäumt hat. Ereignisse werden 30 Tage aufbewahrt.",
        en="Repair the cause, enable the webhook, and have sent again by the interface what it has missed. Events are"
        " kept for 30 days.",
    )
    keys: Final = Text(
        de="Öffentliche Schlüssel (Ed25519), der neueste zuerst", en="Public keys (Ed25519), the newest first"
    )
    enable: Final = Text(de="Einschalten", en="Enable")
    disable: Final = Text(de="Abschalten", en="Disable")
    test: Final = Text(de="Testereignis senden", en="Send a test event")
    actions: Final = Text(de="Webhook bedienen", en="Use the webhook")
    done: Final = MappingProxyType(
        {
            "enable": Text(de="Der Webhook ist eingeschaltet.", en="The webhook is enabled."),
            "disable": Text(de="Der Webhook ist abgeschaltet.", en="The webhook is disabled."),
            "test": Text(
                de="Das Testereignis ist unterwegs. Laden Sie die Seite neu, um das Ergebnis zu sehen.",
                en="The test event is on its way. Load the page again to see what came of it.",
            ),
        }
    )
    deliveries: Final = Text(de="Zustellungen, die neuesten Ereignisse zuerst", en="Deliveries, newest events first")
    no_deliveries: Final = Text(de="Keine Zustellungen.", en="No deliveries.")
    filter: Final = Text(de="Zustellungen filtern", en="Filter deliveries")
    any: Final = Text(de="alle", en="all")
    apply: Final = Text(de="Anzeigen", en="Show")
    event: Final = Text(de="Ereignis", en="Event")
    happened: Final = Text(de="Geschehen", en="Happened")
    tries: Final = Text(de="Versuche", en="Tries")
    next_try: Final = Text(de="nächster Versuch {moment}", en="next try {moment}")
    one_try: Final = Text(de="{moment}: {what}, {milliseconds} ms", en="{moment}: {what}, {milliseconds} ms")
    unsent_try: Final = Text(de="{moment}: {what}", en="{moment}: {what}")
    status: Final = Text(de="Status {number}", en="status {number}")
    delivery_states: Final = MappingProxyType(
        {
            "waiting": Text(de="wartet", en="waiting"),
            "sending": Text(de="wird gesendet", en="sending"),
            "delivered": Text(de="zugestellt", en="delivered"),
            "failed": Text(de="gescheitert", en="failed"),
            "stopped": Text(de="angehalten", en="stopped"),
        }
    )
    errors: Final = MappingProxyType(
        {
            "inside": Text(
                de="die Adresse liegt nicht im öffentlichen Internet, nichts gesendet",
                en="the address is not of the public internet, nothing was sent",
            ),
            "unreachable": Text(de="nicht erreichbar", en="unreachable"),
            "certificate": Text(de="Zertifikat ungültig", en="invalid certificate"),
            "timeout": Text(de="keine Antwort in der Zeit", en="no answer in time"),
            "broken": Text(de="keine gültige Antwort", en="no valid answer"),
            "interrupted": Text(de="unterbrochen, Ankunft ungewiss", en="interrupted, whether it arrived is not known"),
            "unsigned": Text(
                de="konnte nicht signiert werden, nichts gesendet", en="could not be signed, nothing was sent"
            ),
        }
    )
    more: Final = Text(de="Ältere", en="Older")
    pages: Final = Text(de="Seiten der Liste", en="Pages of the list")
