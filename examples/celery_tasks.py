"""Celery tasks that send: repeated only where nothing has left, looked up where nobody knows.

pip install seven-async celery
python celery_tasks.py
Ends by itself: without a broker the tasks run at once. Workers: celery -A celery_tasks worker
"""

import os

from celery import Celery, Task

from seven_async import NotSentError, OutcomeUnknownError, RateLimitError, ReconciledState, Seven
from seven_async.sandbox import Sandbox

BROKER = os.environ.get("CELERY_BROKER_URL")

app = Celery("celery_tasks", broker=BROKER or "memory://")
# Pickle carries the error of a lost answer to the task that looks it up. Only these tasks may take
# it, and only from a broker that nobody else can write to.
app.conf.accept_content = ["json", "pickle"]
app.conf.task_always_eager = not BROKER
# Celery's default, written down since it decides: a task that is acknowledged late is run again
# after a crash of its worker, and sends again.
app.conf.task_acks_late = False

# One client for all tasks of a process; it survives the fork of a worker.
is_real = "SEVEN_API_KEY" in os.environ
seven = Seven() if is_real else Seven(**Sandbox().options)


# No autoretry_for=Exception: a lost answer is no reason to send again.
@app.task(autoretry_for=(NotSentError, RateLimitError), retry_backoff=True, max_retries=8)
def send_sms(number: str, text: str, foreign_id: str) -> str:
    """Send an SMS; a lost answer is left to `look_up`, a refusal fails the task."""
    try:
        receipt = seven.sms.send(number, text, from_="Shop", foreign_id=foreign_id)
    except OutcomeUnknownError as error:
        look_up.apply_async((error,), countdown=30, serializer="pickle")
        return "unknown"
    receipt.raise_for_failures()
    return str(receipt.messages[0].id)


@app.task(bind=True, max_retries=20)
def look_up(self: Task, error: OutcomeUnknownError) -> str:
    """Ask the gateway's journal for ten minutes; where it has nothing, leave it to a person."""
    reconciliation = seven.reconcile(error)
    if reconciliation.state is ReconciledState.ACCEPTED or self.request.is_eager:
        return reconciliation.state
    if self.request.retries == self.max_retries:
        return f"{reconciliation.state}: look at {error.foreign_id}"
    raise self.retry(countdown=30, serializer="pickle")


if __name__ == "__main__":
    print("sent as", send_sms.delay("+491711234567", "Parcel 7 has arrived.", "parcel-7").get())
    # A number of the sandbox whose answer is lost.
    print("answer lost:", send_sms.delay("+4915550003002", "Parcel 8 has arrived.", "p-8").get())
