"""At the start, and before the first order: may these keys trade, and whose are they (R58, R63)?"""

import pytest

from contracts.errors import CredentialsRefused, ExchangeUnavailable
from contracts.order import Reaction
from exchange.binance import BinanceExchange
from exchange.endpoint import ExchangeEndpoint
from tests.exchange.conftest import endpoint
from tests.exchange.samples import order_row, ticket
from tests.exchange.stub_exchange import Answer, StubExchange

CONFIG = "GET /fapi/v1/accountConfig"
BALANCE = "GET /fapi/v3/balance"
GOOD = Answer({"canTrade": True, "dualSidePosition": False})


def mine(alias: str) -> Answer:
    return Answer([{"accountAlias": alias, "asset": asset, "balance": "1.0"} for asset in ("USDT", "BNB")])


def pinned(stub: StubExchange) -> ExchangeEndpoint:
    return endpoint(stub.url).model_copy(update={"account_alias": "mine"})


def refusal(code: int, message: str = "no", status: int = 400) -> Answer:
    return Answer({"code": code, "msg": message}, status)


class TestCredentials:
    @pytest.mark.parametrize("code", [-2014, -2015, -1022, -1002, -1011, -2017])
    async def test_definite(self, exchange: BinanceExchange, stub: StubExchange, code: int) -> None:
        """R58: the message says what to do."""
        stub.script(CONFIG, refusal(code, "Invalid API-key, IP, or permissions for action.", 401))
        with pytest.raises(CredentialsRefused, match=r"\|") as caught:
            await exchange.check_credentials()
        assert caught.value.code == code

    async def test_an_account_that_may_not_trade(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(CONFIG, Answer({"canTrade": False, "dualSidePosition": False}))
        with pytest.raises(CredentialsRefused, match="may not trade"):
            await exchange.check_credentials()

    async def test_not_definite(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(CONFIG, Answer("<html>", 502))
        with pytest.raises(ExchangeUnavailable):
            await exchange.check_credentials()

    async def test_good(self, exchange: BinanceExchange, stub: StubExchange) -> None:
        stub.script(CONFIG, GOOD)
        stub.script(BALANCE, mine("mine"))
        await exchange.check_credentials()
        assert not await exchange.hedge_mode()
        assert len(stub.calls(CONFIG)) == 1

    async def test_the_account_is_named_in_the_log(
        self, exchange: BinanceExchange, stub: StubExchange, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stub.script(CONFIG, GOOD)
        stub.script(BALANCE, mine("SgsR"))
        await exchange.check_credentials()
        assert "account_alias=SgsR" in capsys.readouterr().out

    @pytest.mark.parametrize("balances", [[], [{"asset": "USDT"}], [{"accountAlias": "a"}, {"accountAlias": "b"}], {}])
    async def test_an_account_without_a_name_is_not_known(
        self, exchange: BinanceExchange, stub: StubExchange, balances: object
    ) -> None:
        stub.script(CONFIG, GOOD)
        stub.script(BALANCE, Answer(balances))
        with pytest.raises(ExchangeUnavailable):
            await exchange.check_credentials()


class TestAccount:
    """R63: whose keys are these?"""

    async def test_another_accounts_keys_refuse_to_start(self, stub: StubExchange) -> None:
        adapter = BinanceExchange(pinned(stub))
        stub.script(CONFIG, GOOD)
        stub.script(BALANCE, mine("somebody"))
        with pytest.raises(CredentialsRefused, match="belong to the account somebody, and account_alias says mine"):
            await adapter.check_credentials()
        await adapter.close()

    async def test_an_account_that_was_away_at_the_start_is_asked_before_the_first_order(
        self, stub: StubExchange
    ) -> None:
        adapter = BinanceExchange(pinned(stub))
        stub.script(CONFIG, Answer("<html>", 502), GOOD, GOOD)
        stub.script(BALANCE, mine("somebody"), mine("mine"))
        stub.always("POST /fapi/v1/order", Answer(order_row()))
        reports = [await adapter.place(ticket()) for _ in range(4)]
        await adapter.close()
        assert [report.reaction for report in reports] == [Reaction.BACK_OFF, Reaction.HUMAN, None, None]
        assert len(stub.calls("POST /fapi/v1/order")) == 2
        assert len(stub.calls(BALANCE)) == 2
