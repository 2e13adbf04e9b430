"""Section 5 of the contract: the breaker, and files set aside."""

from listener import Answer, always, by_name, in_turn
from waiting import eventually, never


def starts(listener):
    return [request.started for request in list(listener.requests)]


def test_five_failures_open_it_then_one_request_goes_out_each_timeout(
        forward, spool, listener):
    spool.write_many(20)
    listener.rule = always(Answer(500))
    forward.set(breaker__timeout_s=2, listener__max_in_flight=1)
    running = forward.start()
    eventually(lambda: len(listener.requests) >= 7, "five failures and two trials",
               within_s=120)
    running.kill()
    times = starts(listener)
    # Opened by the fifth: the sixth is the trial, the seventh the next. A backoff alone
    # (at most 30 s, any time from 0) would hold these bounds only by luck.
    assert times[5] - times[4] >= 2
    assert times[6] - times[5] >= 2
    assert len(spool.waiting()) == 20


def test_nothing_but_one_trial_is_sent_while_it_is_open(forward, spool, listener):
    spool.write_many(50)
    listener.rule = always(Answer(500))
    forward.set(breaker__fail_max=1, breaker__timeout_s=1, listener__max_in_flight=8)
    running = forward.start()
    eventually(lambda: len(listener.requests) >= 5, "a failure and four trials")
    running.kill()
    times = starts(listener)
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[1:]))


def test_a_trial_that_succeeds_closes_it(forward, spool, listener):
    names = spool.write_many(50)
    listener.rule = in_turn(Answer(500), Answer(500), Answer(200))
    forward.set(breaker__fail_max=2, breaker__timeout_s=1, listener__max_in_flight=1)
    running = forward.start()
    eventually(lambda: spool.waiting() == [], "everything was sent")
    assert running.stop().status == 0
    assert listener.names() == names


def test_a_refusal_closes_it_too(forward, spool, listener):
    names = spool.write_many(10)
    listener.rule = in_turn(Answer(500), Answer(400), Answer(200))
    forward.set(breaker__fail_max=1, breaker__timeout_s=1, listener__max_in_flight=1)
    running = forward.start()
    eventually(lambda: spool.waiting() == [], "everything was sent")
    assert running.stop().status == 0
    assert spool.refused() == names[:1] and listener.names() == names[1:]
    times = starts(listener)
    assert times[1] - times[0] >= 1


def test_429_on_a_trial_waits_and_tries_again(forward, spool, listener):
    spool.write_many(3)
    listener.rule = in_turn(
        Answer(500), Answer(429, {"Retry-After": "2"}), Answer(200))
    forward.set(breaker__fail_max=1, breaker__timeout_s=1, listener__max_in_flight=4)
    running = forward.start()
    eventually(lambda: spool.waiting() == [], "everything was sent")
    assert running.stop().status == 0
    trial, again = [r for r in listener.requests if r.status == 429][0], None
    later = [r.started for r in listener.requests if r.started > trial.started]
    again = min(later)
    assert again - trial.started >= 2


def test_429_does_not_end_a_run_of_failures(forward, spool, listener):
    spool.write()
    listener.rule = in_turn(Answer(500), Answer(429, {"Retry-After": "1"}), Answer(500),
                            Answer(200))
    forward.set(breaker__fail_max=2, breaker__timeout_s=4)
    running = forward.start()
    eventually(lambda: spool.waiting() == [], "it was sent")
    assert running.stop().status == 0
    times = starts(listener)
    assert times[3] - times[2] >= 4, "the second failure opened the breaker"


def test_once_ends_with_1_when_it_opens(forward, spool, listener):
    names = spool.write_many(5)
    listener.rule = always(Answer(500))
    result = forward.set(breaker__fail_max=2, breaker__timeout_s=3600).run("--once")
    assert (result.status, spool.waiting()) == (1, names)


def test_it_starts_closed_after_a_restart(forward, spool, listener):
    spool.write()
    listener.rule = always(Answer(500))
    forward.set(breaker__fail_max=1, breaker__timeout_s=3600)
    assert forward.run("--once").status == 1
    listener.rule = always(Answer(200))
    assert forward.run("--once").status == 0


def test_a_listener_that_was_down_for_200_payloads_gets_each_once_oldest_first(
        forwards, spool, listeners):
    listener = listeners()  # bound, so that nobody else gets the port; not yet open
    forward = forwards(spool, listener)
    forward.set(breaker__fail_max=5, breaker__timeout_s=1, listener__max_in_flight=1)
    forward.settings["listener.timeout_s"] = 1
    running = forward.start()
    names = [spool.write("pg_locks" if n % 2 else "system_metrics") for n in range(200)]
    never(lambda: len(spool.waiting()) != 200, for_s=0.3, what="a payload vanished")
    listener.open()
    eventually(lambda: spool.waiting() == [], "everything was sent", within_s=90)
    assert running.stop().status == 0
    assert [request.name for request in listener.requests] == names
    assert spool.refused() == []


def test_answers_to_requests_begun_before_it_opened_change_nothing(
        forward, spool, listener, warm):
    """One fails, the others of the same moment succeed later: that does not close it."""
    forward.set(breaker__fail_max=1, breaker__timeout_s=4, listener__max_in_flight=4)
    running = forward.start()
    warm()
    listener.rule = in_turn(Answer(500, delay_s=0.3), Answer(200, delay_s=1))
    names = spool.write_many(12)
    eventually(lambda: len(listener.names()) >= 4, "the trial")
    running.kill()
    times = starts(listener)
    assert listener.requests[0].name in spool.waiting() or names[0] in listener.names()
    assert times[4] - times[3] >= 3, "it stayed open though the others succeeded"


def test_a_file_that_always_fails_is_set_aside_and_the_others_flow(
        forward, spool, listener):
    names = spool.write_many(30)
    poison = names[0]
    listener.rule = by_name({poison: Answer(500)})
    forward.set(breaker__fail_max=1, breaker__timeout_s=1, listener__max_in_flight=1)
    running = forward.start()
    eventually(lambda: len(listener.names()) == 29, "the others")
    eventually(lambda: spool.waiting() == [poison], "only it waits")
    assert spool.refused() == []
    before = len(listener.requests)
    eventually(lambda: len(listener.requests) >= before + 3, "it is tried now and then")
    tries = [r.started for r in listener.requests if r.name == poison][-3:]
    assert all(later - earlier >= 0.9 for earlier, later in zip(tries, tries[1:]))
    # Its failures do not count: what comes now is sent without waiting for a trial.
    fresh = spool.write()
    eventually(lambda: fresh in listener.names(), "a new one")
    listener.rule = always(Answer(200))
    eventually(lambda: spool.waiting() == [], "the one set aside succeeds at last")
    assert running.stop().status == 0


def test_a_dead_endpoint_sets_nothing_aside(forward, spool, listener):
    """No answer at all says nothing about the file: the oldest is tried each time."""
    names = spool.write_many(5)
    listener.rule = always(Answer(raw=b"", then="reset"))
    forward.set(breaker__fail_max=1, breaker__timeout_s=1, listener__max_in_flight=1)
    running = forward.start()
    eventually(lambda: len(listener.requests) >= 6, "trials")
    running.kill()
    assert {request.name for request in listener.requests} == {names[0]}
