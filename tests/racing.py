"""Racing: what several do at the same moment, each on a connection of its own."""

import threading

from django.db import connection, connections

from claims.transitions import Refused


def race(*acts):
    """Do all `acts` at the same moment, each on a connection of its own; what each gave or raised."""
    results = [None] * len(acts)
    line = threading.Barrier(len(acts), timeout=10)

    def run(place, act):
        try:
            connection.ensure_connection()
            line.wait()
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def one_winner(results):
    """The place of the only one who was not refused; the others were told why."""
    losers = [result for result in results if isinstance(result, Exception)]
    for loser in losers:
        assert isinstance(loser, Refused), repr(loser)
        assert all(reason.text for reason in loser.reasons)
    winners = [place for place, result in enumerate(results) if not isinstance(result, Exception)]
    assert len(winners) == 1, results
    return winners[0]
