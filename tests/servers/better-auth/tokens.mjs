// A real Better Auth makes its tables and tokens: DATABASE_URL in, JSON out.
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { bearer, jwt } from "better-auth/plugins";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const options = {
	database: pool,
	baseURL: "https://app.example",
	secret: "a secret of more than thirty-two bytes",
	emailAndPassword: { enabled: true },
	plugins: [bearer(), jwt()],
	telemetry: { enabled: false },
};
await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);
const answer = await auth.api.signUpEmail({
	body: { email: "ada@app.example", password: "correct horse", name: "Ada" },
	asResponse: true,
});
const { user, token } = await answer.json();
const cookie = answer.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
const signed = await auth.api.getToken({ headers: new Headers({ cookie }) });
console.log(JSON.stringify({ user: user.id, token, bearer: answer.headers.get("set-auth-token"), cookie, jwt: signed.token }));
await pool.end();
