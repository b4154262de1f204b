"""How claims tells the rest of the portal: one signal, sent inside the transaction of the change."""

from django.dispatch import Signal

# Arguments: events, the ClaimEvent rows just written, in order.
recorded = Signal()
