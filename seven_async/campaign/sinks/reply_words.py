"""Replies that ask for no more messages, or for them again. No I/O.

The whole message has to be the word: “Stop by on Friday” is none. Case, accents and punctuation
make no difference, since people type `Stop!`, `ARRET` and `arrêt`.
"""

from __future__ import annotations

from typing import Final

#: German, English, French, Spanish, Italian, Dutch, Polish.
STOP_WORDS: Final = frozenset(
    {"Stop", "Stopp", "abmelden", "Abmeldung", "abbestellen", "austragen", "keine SMS mehr"}
    | {"stop all", "stopall", "unsubscribe", "opt out", "optout", "cancel", "end", "quit"}
    | {"arrêt", "arrêter", "désabonner", "désinscription", "désinscrire"}
    | {"baja", "dar de baja", "darme de baja", "alto", "parar", "cancelar"}
    | {"ferma", "fermare", "cancella", "cancellami", "disiscrivi", "annulla"}
    | {"stoppen", "afmelden", "uitschrijven"}
    | {"rezygnuję", "rezygnacja", "wypisz", "wypisz mnie", "koniec"}
)
"""Replies that opt out."""

START_WORDS: Final = frozenset(
    {"Start", "anmelden", "wieder anmelden", "unstop", "subscribe", "opt in", "optin", "resume"}
    | {"réabonner", "reprendre", "inscription", "alta", "darme de alta"}
    | {"iscrivi", "iscrivimi", "riprendi", "aanmelden", "inschrijven", "zapisz", "wznów"}
)
"""Replies that opt in again."""
