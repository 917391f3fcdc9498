"""The head of an answer leaves with what follows it, and nothing is lost or put in another order."""

from hypothesis import given
from hypothesis import strategies as st

from seqserve.service.joined_writes import JoinedWrites

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Recorder:
    def __init__(self):
        self.sent = []
        self.closed = False

    def write(self, data):
        assert not self.closed
        self.sent.append(data)

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed


def test_a_head_waits_for_its_content_and_an_interim_answer_for_nothing():
    recorder = Recorder()
    transport = JoinedWrites(recorder)
    transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    transport.write(HEAD)
    assert recorder.sent == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    transport.write(b"ok")
    assert recorder.sent[1:] == [HEAD + b"ok"]


def test_a_head_that_nothing_follows_is_sent_when_told():
    recorder = Recorder()
    transport = JoinedWrites(recorder)
    transport.write(HEAD)
    transport.flush()
    transport.flush()
    assert recorder.sent == [HEAD]


@given(st.lists(st.sampled_from([HEAD, b"", b"content", b"HTTP/1.1 408 Late\r\n\r\nslow"]), max_size=8), st.booleans())
def test_all_that_is_written_is_sent_in_order_before_the_end(pieces, closed_by_the_other_side):
    recorder = Recorder()
    transport = JoinedWrites(recorder)
    for piece in pieces:
        transport.write(piece)
    recorder.closed = closed_by_the_other_side
    transport.close()
    sent, given_ = b"".join(recorder.sent), b"".join(pieces)
    assert transport.is_closing()
    assert sent == given_ or (closed_by_the_other_side and given_ == sent + HEAD)
